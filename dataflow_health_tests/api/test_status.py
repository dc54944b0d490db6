from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from dataflow_health.monitoring import evaluation, health_service, status_history
from dataflow_health.settings import Settings
from dataflow_health_tests import factories
from dataflow_health_tests import installation as scene
from dataflow_health_tests.installation import NOW


def test_the_status_is_the_report_in_the_envelope(api: TestClient) -> None:
    response = api.get("/api/v1/status").json()
    assert (response["status"], response["error"]) == ("ok", None)
    report = api.app.state.monitor.snapshot().report
    statuses = {each["name"]: each["status"] for each in response["data"]["processes"]}
    assert statuses == {each.name: each.status for each in report.processes}
    assert response["data"]["status"] == "FAILED"


@pytest.mark.slow
def test_the_paths_without_prefix_give_the_same(api: TestClient) -> None:
    for path in ("/health", "/status", "/diagram", "/diagram/svg"):
        short, prefixed = api.get(path), api.get(f"/api/v1{path}")
        assert (short.status_code, short.headers["content-type"]) == (
            prefixed.status_code, prefixed.headers["content-type"],
        )  # fmt: skip
    assert (
        api.get("/status").json()["data"]["version"]
        == (api.get("/api/v1/status").json()["data"]["version"])
    )


def test_one_process_comes_with_its_checks_and_evidence(api: TestClient) -> None:
    parse = api.get("/api/v1/status/parse").json()["data"]
    assert parse["status"] == "FAILED"
    assert parse["evidence"][0]["reason"] == "no_sync"
    assert {check["name"] for check in parse["checks"]} >= {"frames_in_sync", "ledger"}


def test_an_unknown_process_is_refused_with_the_nearest_name(api: TestClient) -> None:
    response = api.get("/api/v1/status/pars")
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "not_found"
    assert "did you mean parse" in response.json()["error"]["message"]


def test_the_past_comes_from_the_history(installation: Settings) -> None:
    client = scene.client(installation)
    engine = client.app.state.monitor.engine
    sources = factories.dependencies(installation.home, engine)
    at = NOW - timedelta(hours=1)
    status_history.record(engine, evaluation.make_report(sources.catalogue, (), at))
    status_history.record(engine, health_service.from_ledger(engine, sources.catalogue, NOW))
    past = client.get("/status", params={"at": at.isoformat()}).json()["data"]
    assert past["status"] == "UNKNOWN"
    query = {"before": at.isoformat(), "after": NOW.isoformat()}
    changed = client.get("/api/v1/changes", params=query).json()["data"]["changes"]
    assert (changed[0]["process"], changed[0]["before"], changed[0]["after"]) == (
        "parse", "UNKNOWN", "FAILED",
    )  # fmt: skip
    text = client.get("/diagram", params={"at": at.isoformat()}).text
    assert "at 2026-11-20 11:00:00Z: UNKNOWN" in text


def test_new_work_is_counted_between_two_times(api: TestClient) -> None:
    query = {"before": (NOW - timedelta(days=400)).isoformat(), "after": NOW.isoformat()}
    data = api.get("/api/v1/changes/work", params=query).json()["data"]
    assert (data["recordings"], data["is_capped"]) == (scene.SIZE.recordings, False)
    query["before"] = query["after"]
    data = api.get("/api/v1/changes/work", params=query).json()["data"]
    assert (data["recordings"], data["findings"]) == (0, {})


def test_a_time_without_a_zone_is_refused_with_the_parameter(api: TestClient) -> None:
    response = api.get("/status", params={"at": "2026-11-20T03:00:00"})
    assert response.status_code == 422
    assert "query at" in response.json()["error"]["message"]
