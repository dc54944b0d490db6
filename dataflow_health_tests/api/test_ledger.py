from fastapi.testclient import TestClient


def test_the_ledger_balances_for_a_day_and_for_all_days(api: TestClient) -> None:
    whole = api.get("/api/v1/ledger").json()["data"]
    assert whole["is_balanced"]
    assert whole["stages"][0]["stage"] == "download"
    parse = next(each for each in whole["stages"] if each["stage"] == "parse")
    assert (parse["incoming"], parse["done"], parse["quarantined"]) == (40, 38, 2)
    assert parse["unaccounted"] == 0
    day = api.get("/api/v1/ledger", params={"day": "2026-11-20"}).json()["data"]
    assert {each["arrival_day"] for each in day["stages"]} == {"2026-11-20"}


def test_a_day_in_another_format_is_refused(api: TestClient) -> None:
    assert api.get("/api/v1/ledger", params={"day": "20 November"}).status_code == 422
