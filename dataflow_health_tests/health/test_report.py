"""The health report as a model."""

import pytest
from pydantic import ValidationError

from dataflow_health.health.report import HealthReport, ProcessHealth
from dataflow_health.health.status import Status
from dataflow_health_tests.health.factories import NOON

PROCESSES = (
    ProcessHealth(name="a", status=Status.FAILED),
    ProcessHealth(name="b", status=Status.BLOCKED),
    ProcessHealth(name="c", status=Status.WARNING),
    ProcessHealth(name="d", status=Status.FAILED),
)
REPORT = HealthReport(at=NOON, status=Status.FAILED, processes=PROCESSES)


def test_a_process_is_found_by_its_name():
    assert REPORT.find("c") == PROCESSES[2]
    assert REPORT.find("x") is None


def test_the_causes_are_the_failed_processes_in_order():
    assert REPORT.causes == (PROCESSES[0], PROCESSES[3])


def test_a_report_survives_json():
    assert HealthReport.model_validate_json(REPORT.model_dump_json()) == REPORT


def test_an_older_client_ignores_unknown_keys():
    document = REPORT.model_dump(mode="json") | {"added_later": 1}
    assert HealthReport.model_validate(document) == REPORT


def test_a_report_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        REPORT.status = Status.HEALTHY
