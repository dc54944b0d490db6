from fastapi.testclient import TestClient


def test_every_cause_comes_with_its_evidence(api: TestClient) -> None:
    (cause,) = api.get("/api/v1/explain").json()["data"]["causes"]
    assert cause["process"] == "parse"
    assert cause["evidence"][0]["byte_offset"] == 0
    assert "dataflow-health rerun --failed --stage parse" in cause["commands"]


def test_one_process_is_explained_though_it_is_well(api: TestClient) -> None:
    why = api.get("/api/v1/explain/load").json()["data"]
    assert (why["status"], why["checks"], why["evidence"]) == ("HEALTHY", [], [])


def test_a_process_that_is_none_is_not_found(api: TestClient) -> None:
    assert api.get("/api/v1/explain/nothing").status_code == 404
