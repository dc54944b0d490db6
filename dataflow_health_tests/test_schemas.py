import json

import pytest
from pydantic import BaseModel, ValidationError

from dataflow_health import schemas
from dataflow_health.health.status import Status
from dataflow_health.operations import explain
from dataflow_health.schemas import (
    AircraftStage,
    Explanation,
    HealthStatus,
    LedgerBalance,
    StageBalance,
)
from dataflow_health_tests.diagram import scenes


def test_every_model_is_immutable() -> None:
    models = [
        value
        for value in vars(schemas).values()
        if isinstance(value, type) and issubclass(value, BaseModel) and value is not BaseModel
    ]
    assert len(models) > 10
    assert [model.__name__ for model in models if not model.model_config.get("frozen")] == []


def test_the_json_of_a_stage_balance_has_the_unaccounted_items() -> None:
    stage = StageBalance(stage="parse", incoming=5, done=3, quarantined=1)
    sent = LedgerBalance(is_balanced=False, stages=(stage,)).model_dump_json()
    assert json.loads(sent)["stages"][0]["unaccounted"] == 1
    received = LedgerBalance.model_validate_json(sent)
    assert received.stages[0].unaccounted == 1


def test_a_status_is_the_report_with_the_errors_that_limit_it() -> None:
    report = scenes.one_bad_recording()
    sent = HealthStatus(**dict(report), ledger_error="connection refused").model_dump_json()
    received = HealthStatus.model_validate_json(sent)
    assert (received.status, received.processes) == (report.status, report.processes)
    assert (received.ledger_error, received.config_errors) == ("connection refused", ())


def test_an_explanation_is_received_as_it_was_sent() -> None:
    sent = explain.explain_process(scenes.one_bad_recording(), "parse")
    assert Explanation.model_validate_json(sent.model_dump_json()) == sent


def test_a_negative_count_is_invalid() -> None:
    with pytest.raises(ValidationError):
        AircraftStage(stage="parse", status=Status.HEALTHY, done=-1)
