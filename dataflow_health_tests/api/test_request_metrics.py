from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from loguru import logger
from prometheus_client import CollectorRegistry

from dataflow_health.api.request_metrics import BUCKETS_S, RequestMetrics
from dataflow_health_tests import installation


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    lines: list[Any] = []
    sink = logger.add(lambda message: lines.append(message.record), level="DEBUG")
    yield lines
    logger.remove(sink)


def test_the_id_of_a_request_is_returned_and_is_in_each_of_its_log_lines(
    api: TestClient, logged: list[Any]
) -> None:
    response = api.get("/status", headers={"X-Request-Id": "trace-42"})
    assert response.headers["x-request-id"] == "trace-42"
    assert {line["extra"].get("request") for line in logged} == {"trace-42"}
    assert "/status 200" in logged[-1]["message"]
    assert logged[-1]["level"].name == "INFO"


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "né", "<script>"])
def test_an_invalid_id_is_replaced(api: TestClient, given: str) -> None:
    response = api.get("/status", headers={"X-Request-Id": given.encode()})
    name = response.headers["x-request-id"]
    assert len(name) == 32
    assert name.isalnum()


def test_an_unexpected_error_is_logged_under_the_id_in_its_response(
    tmp_path: Path, logged: list[Any]
) -> None:
    app = installation.app(installation.settings(tmp_path))

    @app.get("/fails")
    def fails() -> None:
        raise RuntimeError("inside")

    response = TestClient(app, raise_server_exceptions=False).get("/fails")
    (line,) = [each for each in logged if each["exception"]]
    assert line["extra"]["request"] == response.json()["error"]["request_id"]
    assert response.headers["x-request-id"] == line["extra"]["request"]


def test_requests_are_counted_by_route_and_never_by_path(api: TestClient) -> None:
    registry: CollectorRegistry = api.app.state.metrics_registry

    def count() -> float:
        labels = {"route": "/explain/{process}", "status": "200"}
        return registry.get_sample_value("dataflow_health_http_requests_total", labels) or 0.0

    before = count()
    for process in ("parse", "load", "store"):
        api.get(f"/api/v1/explain/{process}")
    for number in range(20):
        api.get(f"/nothing/{number}")
    assert count() == before + 3
    samples = [sample for metric in registry.collect() for sample in metric.samples]
    assert all("nothing" not in sample.labels.get("route", "") for sample in samples)


def test_response_times_are_counted_in_cumulative_buckets() -> None:
    registry = CollectorRegistry()
    metrics = RequestMetrics(registry)
    for seconds in (0.004, 0.3, 60.0):
        metrics.record("/status", 200, seconds)

    def bucket(limit: str) -> float | None:
        labels = {"route": "/status", "le": limit}
        return registry.get_sample_value("dataflow_health_http_request_seconds_bucket", labels)

    counts = [bucket(str(limit)) for limit in BUCKETS_S]
    assert counts == [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0]
    assert bucket("+Inf") == 3.0
    total_s = registry.get_sample_value(
        "dataflow_health_http_request_seconds_sum", {"route": "/status"}
    )
    assert total_s == pytest.approx(60.304)
