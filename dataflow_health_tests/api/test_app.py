"""The OpenAPI document: a golden file, and the API held to it by fuzzing."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings

from dataflow_health.monitoring import dagster_links
from dataflow_health.settings import Settings
from dataflow_health_tests import installation as scene
from dataflow_health_tests.ledgers import open_ledger

GOLDEN = Path(__file__).parents[1] / "golden" / "openapi.json"


def document(api: TestClient) -> str:
    return json.dumps(api.app.openapi(), indent=2, sort_keys=True) + "\n"


def test_the_openapi_document_is_unchanged(api: TestClient) -> None:
    if os.environ.get("WRITE_GOLDEN"):
        GOLDEN.write_text(document(api), encoding="utf-8")
    assert document(api) == GOLDEN.read_text(encoding="utf-8"), "run `just golden`"


def test_the_openapi_document_and_its_page_are_served(api: TestClient) -> None:
    assert api.get("/api/v1/openapi.json").json()["openapi"].startswith("3.")
    assert "Dataflow Health" in api.get("/api/v1/docs").text


@pytest.mark.parametrize("page", ["docs", "redoc"])
def test_a_page_of_the_documentation_and_all_it_loads_come_from_us(
    api: TestClient, page: str
) -> None:
    assert api.get(f"/{page}").url.path == f"/api/v1/{page}"
    html = api.get(f"/api/v1/{page}").text
    loaded = re.findall(r"""(?:src|href|url)\s*[=:]\s*["']([^"']+)["']""", html)
    assert len(loaded) >= 2
    assert [address for address in loaded if not address.startswith("/api/v1/")] == []
    assert [address for address in loaded if not api.get(address).is_success] == []


def test_a_short_address_leads_to_the_graph_of_dagster(api: TestClient) -> None:
    found = api.get("/graph", follow_redirects=False)
    assert found.status_code == 307
    public_url = api.app.state.settings.public_url
    assert found.headers["location"] == public_url + dagster_links.GRAPH


def test_two_apps_share_their_routes_and_nothing_else(
    api: TestClient, installation: Settings, tmp_path: Path
) -> None:
    empty = scene.settings(tmp_path)
    open_ledger(empty.database_url.get_secret_value()).dispose()
    clients = (scene.client(empty), api)
    totals = [each.get("/api/v1/recordings").json()["data"]["total"] for each in clients]
    assert totals == [0, 114]  # runs of algorithms


def test_every_route_has_a_description(api: TestClient) -> None:
    for path, methods in api.app.openapi()["paths"].items():
        for method, operation in methods.items():
            assert operation["description"], f"{method} {path}"


@pytest.mark.slow
@pytest.mark.parametrize("origin", ["http://board.example", "http://other.example"])
def test_only_allowed_origins_get_cors_headers(tmp_path: Path, origin: str) -> None:
    client = scene.client(scene.settings(tmp_path, cors_origins="http://board.example"))
    response = client.get("/status", headers={"Origin": origin})
    allowed = response.headers.get("access-control-allow-origin")
    assert allowed == ("http://board.example" if "board" in origin else None)


def test_no_origin_gets_cors_headers_by_default(api: TestClient) -> None:
    response = api.get("/status", headers={"Origin": "http://board.example"})
    assert "access-control-allow-origin" not in response.headers


@pytest.fixture(scope="module")
def schema(installation: Settings) -> Iterator[Any]:
    import schemathesis  # here: it is slow to import, and the quick run needs it nowhere
    from schemathesis.python.asgi import shutdown_lifespans

    yield schemathesis.openapi.from_asgi("/api/v1/openapi.json", scene.app(installation))
    shutdown_lifespans()  # or the app's monitor works on beside all later tests


PATHS = [
    f"{method} {path}"
    for path, methods in json.loads(GOLDEN.read_text())["paths"].items()
    for method in methods
    if not path.endswith(("/events", "/telemetry/stream"))
]
"""All paths but the event stream, which ends only when its client does."""


def fuzz(schema: Any, operation: str, **options: Any) -> None:
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi import checks

    conformance = [
        not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_schema_conformance,
    ]
    method, _, path = operation.partition(" ")

    @settings(deadline=None, database=None, suppress_health_check=list(HealthCheck), **options)
    @given(case=schema[path][method].as_strategy())
    def check(case: Any) -> None:
        case.call_and_validate(checks=conformance)

    check()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.slow
def test_every_response_conforms_to_the_openapi_document(schema: Any, path: str) -> None:
    fuzz(schema, path, max_examples=2 if path.endswith("png") else 12, derandomize=True)


@pytest.mark.soak
@pytest.mark.parametrize("path", PATHS)
def test_thousands_of_responses_conform_to_the_openapi_document(schema: Any, path: str) -> None:
    fuzz(schema, path, max_examples=2000 if not path.endswith("png") else 20)


def test_every_route_is_in_the_documentation(api: TestClient) -> None:
    page = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
    routes = [path.removeprefix("/api/v1") for path in api.app.openapi()["paths"]]
    assert [route for route in routes if f"`{route}`" not in page] == []
