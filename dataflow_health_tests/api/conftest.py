"""An API with operator keys over an installation of its own, for tests that change it."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from dataflow_health.settings import ApiKey
from dataflow_health.storage.records import incidents
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests import installation
from dataflow_health_tests.health.incident_factories import make_incident

KEYS = tuple(
    ApiKey(name=name, scope=scope, sha256=hashlib.sha256(name.encode()).hexdigest())
    for name, scope in (("board", "read"), ("anna", "operate"))
)
READER, OPERATOR = {"X-API-Key": "board"}, {"X-API-Key": "anna"}


class OperatorClient:
    """The API as an operator's front end calls it: reads with one key, acts with another."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def get(self, path: str, **params: Any) -> Any:
        response = self.client.get(f"/api/v1{path}", headers=READER, params=params)
        assert response.status_code == 200, response.text
        return response.json()["data"]

    def post(
        self, path: str, body: dict[str, Any], headers: dict[str, str] | None = None
    ) -> Response:
        return self.client.post(f"/api/v1{path}", headers=headers or OPERATOR, json=body)


@pytest.fixture
def operator_api(tmp_path: Path) -> OperatorClient:
    """Two recordings in quarantine, one open incident."""
    settings = installation.settings(tmp_path, api_keys=KEYS)
    engine = installation.filled(settings)
    with writing(engine) as connection:
        incidents.save(connection, make_incident(id=0))
    engine.dispose()
    return OperatorClient(installation.client(settings))
