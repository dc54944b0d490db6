from fastapi.testclient import TestClient


def test_the_fleet_is_listed_worst_first(api: TestClient) -> None:
    fleet = api.get("/api/v1/fleet").json()["data"]
    assert fleet["aircraft"][0]["status"] == "FAILED"
    assert [each["stage"] for each in fleet["aircraft"][0]["stages"]] == fleet["stages"]
    assert sum(each["recordings"] for each in fleet["aircraft"]) == 40


def test_the_number_of_days_is_bounded(api: TestClient) -> None:
    assert api.get("/api/v1/fleet", params={"days": 1}).json()["data"]["since_day"] == "2026-11-20"
    assert api.get("/api/v1/fleet", params={"days": 0}).status_code == 422


def test_readiness_is_an_answer_with_its_reason(api: TestClient) -> None:
    ready = api.get("/api/v1/fleet/HB-Z00/ready").json()["data"]
    assert (ready["ready"], ready["open_items"]) == (True, [])
    refused = api.get("/api/v1/fleet/HB-Z03/ready").json()["data"]
    assert (refused["ready"], "quarantined at parse (no_sync)" in refused["reason"]) == (
        False,
        True,
    )
    assert api.get("/api/v1/fleet/HB-ZZZ/ready").status_code == 404


def test_the_coverage_of_an_aircraft_counts_the_algorithms_that_apply(api: TestClient) -> None:
    found = api.get("/api/v1/fleet/HB-Z00/coverage", params={"days": 3660}).json()["data"]
    (coverage,) = found["coverage"]
    assert (coverage["applicable"], coverage["algorithms"], coverage["lacking"]) == (3, 3, {})
    assert api.get("/api/v1/fleet/HB-ZZZ/coverage").status_code == 404


def test_the_readiness_of_the_fleet_lists_what_is_not_ready_first(api: TestClient) -> None:
    ready = api.get("/api/v1/fleet/ready").json()["data"]
    assert [each["ready"] for each in ready["aircraft"]][:3] == [False, False, True]
    assert "DATAFLOW_HEALTH_SCHEDULE_URL" in ready["schedule_error"]
