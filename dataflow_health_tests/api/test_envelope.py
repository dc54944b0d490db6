from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from dataflow_health.errors import DatabaseError, StorageError
from dataflow_health_tests import installation as scene


def failing(tmp_path: Path, error: Exception) -> TestClient:
    app: FastAPI = scene.app(scene.settings(tmp_path))

    @app.get("/fails")
    def fails() -> None:
        raise error

    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("password=hunter2 in /etc/shadow"),
        StorageError("/secret/place: no permission"),
        KeyError("hunter2"),
    ],
)
def test_what_nobody_expected_tells_none_of_its_insides(tmp_path: Path, error: Exception) -> None:
    answer = failing(tmp_path, error).get("/fails")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal_error"
    for inside in ("hunter2", "secret", "shadow", "Traceback"):
        assert inside not in answer.text


def test_a_ledger_that_is_away_is_503_without_its_address(tmp_path: Path) -> None:
    answer = failing(tmp_path, DatabaseError("postgresql://db.internal:5432: refused")).get(
        "/fails"
    )
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "ledger_unreachable"
    assert "db.internal" not in answer.text


def test_yaml_that_is_wrong_when_it_is_first_needed_is_named_line_and_all(tmp_path: Path) -> None:
    client = scene.client(scene.settings(tmp_path, config=tmp_path / "config"))
    (tmp_path / "config" / "slos").mkdir(parents=True)
    (tmp_path / "config" / "slos" / "late.yaml").write_text("describes: x\nwithin: soon\n")
    answer = client.get("/api/v1/slo")
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "invalid_config"
    assert "slos/late.yaml:1: the key kind is missing" in answer.json()["error"]["message"]
    assert str(tmp_path) not in answer.text


@pytest.mark.parametrize(
    ("path", "status"),
    [("/nothing", 404), ("/api/v1/recordings?limit=0", 422), ("/api/v1/recordings/xyz", 422)],
)
def test_every_error_is_an_envelope(api: TestClient, path: str, status: int) -> None:
    answer = api.get(path)
    assert answer.status_code == status
    body = answer.json()
    assert set(body) == {"status", "data", "error"}
    assert (body["status"], body["data"]) == ("error", None)
    assert body["error"]["request_id"] == answer.headers["x-request-id"]


def test_a_method_that_is_none_is_an_envelope(api: TestClient) -> None:
    answer = api.delete("/status")
    assert answer.status_code == 405
    assert answer.json()["error"]["code"] == "method_not_allowed"
