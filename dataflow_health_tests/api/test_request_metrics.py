from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from loguru import logger

from dataflow_health.api.request_metrics import RequestMetrics
from dataflow_health_tests import installation as scene


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    lines: list[Any] = []
    sink = logger.add(lambda message: lines.append(message.record), level="DEBUG")
    yield lines
    logger.remove(sink)


def test_the_id_of_a_request_comes_back_and_is_in_each_of_its_log_lines(
    api: TestClient, logged: list[Any]
) -> None:
    answer = api.get("/status", headers={"X-Request-Id": "trace-42"})
    assert answer.headers["x-request-id"] == "trace-42"
    assert {line["extra"].get("request") for line in logged} == {"trace-42"}
    assert "/status 200" in logged[-1]["message"]


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "né", "<script>"])
def test_an_id_that_is_none_is_replaced(api: TestClient, given: str) -> None:
    answer = api.get("/status", headers={"X-Request-Id": given.encode()})
    name = answer.headers["x-request-id"]
    assert len(name) == 32
    assert name.isalnum()


def test_an_error_nobody_expected_is_logged_under_the_id_it_tells(
    tmp_path: Path, logged: list[Any]
) -> None:
    app = scene.app(scene.settings(tmp_path))

    @app.get("/fails")
    def fails() -> None:
        raise RuntimeError("inside")

    answer = TestClient(app, raise_server_exceptions=False).get("/fails")
    (line,) = [each for each in logged if each["exception"]]
    assert line["extra"]["request"] == answer.json()["error"]["request_id"]
    assert answer.headers["x-request-id"] == line["extra"]["request"]


def test_requests_are_counted_by_route_and_never_by_path(api: TestClient) -> None:
    traffic: RequestMetrics = api.app.state.traffic
    before = traffic.requests["/explain/{process}", 200]
    for process in ("parse", "load", "store"):
        api.get(f"/api/v1/explain/{process}")
    for number in range(20):
        api.get(f"/nothing/{number}")
    assert traffic.requests["/explain/{process}", 200] == before + 3
    assert all("nothing" not in route for route, _ in traffic.requests)
