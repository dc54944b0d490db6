from dataflow_health_tests.api.conftest import READER, OperatorClient


def test_a_dry_run_counts_and_changes_nothing(operator_api: OperatorClient) -> None:
    counted = operator_api.post("/rerun", {"dry_run": True}).json()["data"]
    assert counted["items"] == 2
    assert len(operator_api.get("/quarantine")) == 2
    assert operator_api.get("/audit") == []


def test_a_rerun_queues_what_the_dry_run_counted(operator_api: OperatorClient) -> None:
    counted = operator_api.post("/rerun", {"dry_run": True}).json()["data"]
    assert operator_api.post("/rerun", {}).json()["data"] == counted | {"dry_run": False}
    assert operator_api.get("/quarantine") == []


def test_a_rerun_keeps_to_its_filter(operator_api: OperatorClient) -> None:
    other = operator_api.post("/rerun", {"stage": "load"}).json()["data"]
    assert (other["items"], len(operator_api.get("/quarantine"))) == (0, 2)


def test_a_rerun_needs_a_key_with_scope_operate(operator_api: OperatorClient) -> None:
    assert operator_api.post("/rerun", {}, READER).status_code == 403


def test_an_unknown_stage_is_refused_with_the_nearest_one(operator_api: OperatorClient) -> None:
    refused = operator_api.post("/rerun", {"stage": "pars"})
    assert refused.status_code == 404
    assert "did you mean parse" in refused.json()["error"]["message"]
