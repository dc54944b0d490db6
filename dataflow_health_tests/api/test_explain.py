from fastapi.testclient import TestClient


def test_every_cause_comes_with_its_evidence(api: TestClient) -> None:
    (cause,) = api.get("/api/v1/explain").json()["data"]["causes"]
    assert cause["process"] == "parse"
    assert cause["evidence"][0]["byte_offset"] == 0
    assert "dataflow-health quarantine replay" in cause["commands"][0]
    assert cause["steps"]


def test_a_healthy_process_has_no_failed_checks_and_no_evidence(api: TestClient) -> None:
    explanation = api.get("/api/v1/explain/load").json()["data"]
    assert (explanation["status"], explanation["checks"], explanation["evidence"]) == (
        "HEALTHY", [], [],
    )  # fmt: skip


def test_an_unknown_process_is_not_found(api: TestClient) -> None:
    assert api.get("/api/v1/explain/nothing").status_code == 404
