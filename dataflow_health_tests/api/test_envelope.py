from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from dataflow_health.errors import DatabaseError, StorageError
from dataflow_health_tests import installation


def failing(tmp_path: Path, error: Exception) -> TestClient:
    app: FastAPI = installation.app(installation.settings(tmp_path))

    @app.get("/fails")
    def fails() -> None:
        raise error

    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.slow
@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("password=hunter2 in /etc/shadow"),
        KeyError("hunter2"),
    ],
)
def test_an_unexpected_error_reveals_no_internal_details(tmp_path: Path, error: Exception) -> None:
    response = failing(tmp_path, error).get("/fails")
    assert response.status_code == 500
    assert response.json()["error"]["code"] == "internal_error"
    for secret in ("hunter2", "secret", "shadow", "Traceback"):
        assert secret not in response.text


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DatabaseError("postgresql://db.internal:5432: refused"), "ledger_unreachable"),
        (StorageError("s3://db.internal/lake: no permission"), "files_unreadable"),
    ],
)
def test_what_is_unreachable_is_503_without_its_address(
    tmp_path: Path, error: Exception, code: str
) -> None:
    response = failing(tmp_path, error).get("/fails")
    assert response.status_code == 503
    assert response.json()["error"]["code"] == code
    assert "db.internal" not in response.text


def test_invalid_yaml_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "config" / "slos").mkdir(parents=True)
    client = installation.client(installation.settings(tmp_path, config=tmp_path / "config"))
    (tmp_path / "config" / "slos" / "late.yaml").write_text("describes: x\nwithin: soon\n")
    response = client.get("/api/v1/slos")
    assert response.status_code == 503
    assert response.json()["error"]["code"] == "invalid_config"
    assert "slos/late.yaml:1: missing key kind" in response.json()["error"]["message"]
    assert str(tmp_path) not in response.text


@pytest.mark.parametrize(
    ("path", "status"),
    [("/nothing", 404), ("/api/v1/recordings?limit=0", 422), ("/api/v1/recordings/xyz", 422)],
)
def test_every_error_is_an_envelope(api: TestClient, path: str, status: int) -> None:
    response = api.get(path)
    assert response.status_code == status
    body = response.json()
    assert set(body) == {"status", "data", "error"}
    assert (body["status"], body["data"]) == ("error", None)
    assert body["error"]["request_id"] == response.headers["x-request-id"]


def test_a_method_not_allowed_is_an_envelope(api: TestClient) -> None:
    response = api.delete("/status")
    assert response.status_code == 405
    assert response.json()["error"]["code"] == "method_not_allowed"
