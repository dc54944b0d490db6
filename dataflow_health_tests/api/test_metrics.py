import re
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from dataflow_health.api.metrics import report_metrics
from dataflow_health.health.report import HealthReport, ProcessHealth
from dataflow_health.health.status import Status

LINE = re.compile(
    r'(?:dataflow_health|process)_\w+(\{\w+="[^"\n]*"(,\w+="[^"\n]*")*\})? -?[0-9.e+]+'
)
NAMES = {
    "process_status", "checks", "recordings", "blocked_recordings", "process_since_seconds",
    "ledger_answers", "report_age_seconds", "http_requests_total", "http_request_seconds",
    "stage_items_total", "stage_seconds", "landing_to_results_seconds", "incidents",
    "aircraft_last_arrival_seconds", "aircraft_open_items", "aircraft_findings",
    "home_free_bytes", "home_size_bytes", "process_cpu_seconds_total",
    "process_resident_memory_bytes", "process_virtual_memory_bytes", "process_open_fds",
    "process_max_fds", "process_start_time_seconds",
}  # fmt: skip


@pytest.mark.slow
def test_every_line_is_of_the_text_format(api: TestClient) -> None:
    response = api.get("/api/v1/metrics")
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    for line in response.text.splitlines():
        assert line.startswith("# ") or LINE.fullmatch(line), line


def test_every_metric_has_one_type_and_its_samples_together(api: TestClient) -> None:
    api.get("/status")
    names = [
        re.sub(r"_(bucket|sum|count)$", "", re.split(r"[ {]", line.removeprefix("# TYPE "))[0])
        for line in api.get("/api/v1/metrics").text.splitlines()
        if not line.startswith("# HELP")
    ]
    runs = [name for place, name in enumerate(names) if place == 0 or names[place - 1] != name]
    assert len(runs) == len(set(runs))
    assert {name.removeprefix("dataflow_health_") for name in names} == NAMES


def test_a_process_has_one_status(api: TestClient) -> None:
    text = api.get("/api/v1/metrics").text
    assert 'process_status{process="parse",status="FAILED"} 1.0' in text
    assert 'process_status{process="parse",status="HEALTHY"} 0.0' in text
    assert 'recordings{stage="parse",state="quarantined"} 2.0' in text
    assert "dataflow_health_ledger_answers 1.0" in text


def test_labels_are_bounded(api: TestClient) -> None:
    text = api.get("/api/v1/metrics").text
    labels = {name for line in text.splitlines() for name in re.findall(r"(\w+)=\"", line)}
    assert labels <= {"process", "status", "stage", "state", "route", "le", "aircraft", "severity"}


def test_any_process_name_survives_the_text_format() -> None:
    name = 'a"b\\c\nd'
    report = HealthReport(
        at=datetime(2026, 11, 20, tzinfo=UTC),
        status=Status.FAILED,
        processes=(ProcessHealth(name=name, status=Status.FAILED),),
    )

    class OneReport(Collector):
        def collect(self) -> list[Metric]:
            return list(report_metrics(report))

    registry = CollectorRegistry()
    registry.register(OneReport())
    text = generate_latest(registry).decode()
    (family, *_) = text_string_to_metric_families(text)
    assert {sample.labels["process"] for sample in family.samples} == {name}
