from fastapi.testclient import TestClient


def test_the_fleet_is_told_worst_first(api: TestClient) -> None:
    fleet = api.get("/api/v1/fleet").json()["data"]
    assert fleet["aircraft"][0]["status"] == "FAILED"
    assert [cell["stage"] for cell in fleet["aircraft"][0]["stages"]] == fleet["stages"]
    assert sum(each["recordings"] for each in fleet["aircraft"]) == 40


def test_the_days_are_bounded(api: TestClient) -> None:
    assert api.get("/api/v1/fleet", params={"days": 1}).json()["data"]["since_day"] == "2026-11-20"
    assert api.get("/api/v1/fleet", params={"days": 0}).status_code == 422
