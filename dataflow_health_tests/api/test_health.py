import time
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from dataflow_health_tests import installation


def test_a_healthy_service_reports_the_age_of_its_report(api: TestClient) -> None:
    response = api.get("/api/v1/health")
    assert response.status_code == 200
    assert response.json()["data"]["report_age_s"] < 2


def test_without_its_ledger_the_service_is_not_ready_but_still_serves_the_status(
    tmp_path: Path,
) -> None:
    url = "postgresql://reader:s3cret@127.0.0.1:1/results"
    client = installation.client(installation.settings(tmp_path, database_url=url))
    health = client.get("/health")
    assert health.status_code == 503
    assert health.json()["error"]["code"] == "ledger_unreachable"
    board = client.get("/status")
    assert board.status_code == 200
    statuses = {each["name"]: each["status"] for each in board.json()["data"]["processes"]}
    assert (statuses["results_database"], statuses["load"]) == ("FAILED", "BLOCKED")
    assert board.json()["data"]["ledger_error"]
    assert "results_database" in client.get("/diagram").text
    assert client.get("/api/v1/fleet").status_code == 503
    assert client.get("/api/v1/recordings").status_code == 503
    for path in ("/health", "/status", "/api/v1/fleet"):
        assert "s3cret" not in client.get(path).text


@pytest.mark.slow
def test_invalid_yaml_is_reported_and_the_last_valid_one_stays_in_use(tmp_path: Path) -> None:
    own = tmp_path / "own" / "processes"
    own.mkdir(parents=True)
    chosen = installation.settings(tmp_path, config=str(tmp_path / "own"))
    client = installation.client(chosen)
    assert client.get("/health").json()["data"]["config_errors"] == []
    (own / "link.yaml").write_text("describes: [\n")
    time.sleep(1.1)
    assert "link.yaml" in client.get("/health").json()["data"]["config_errors"][0]
    assert client.get("/status").status_code == 200
