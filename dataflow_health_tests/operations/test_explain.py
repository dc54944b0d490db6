from datetime import timedelta

import pytest

from dataflow_health.errors import NotFound
from dataflow_health.health.owed_answers import OwedAnswers, OwedDay
from dataflow_health.health.status import Status
from dataflow_health.monitoring import evaluation
from dataflow_health.operations import explain
from dataflow_health_tests import factories
from dataflow_health_tests.diagram import scenes
from dataflow_health_tests.factories import NOON


def test_failed_processes_and_warnings_are_explained() -> None:
    assert [each.process for each in explain.explain_pipeline(scenes.database_down()).causes] == [
        "results_database"
    ]
    warnings = explain.explain_pipeline(scenes.stale_and_warning()).causes
    assert {each.status for each in warnings} <= {Status.FAILED, Status.WARNING}


def test_an_explanation_names_the_blocked_processes() -> None:
    explanation = explain.explain_process(scenes.database_down(), "results_database")
    assert "load" in explanation.blocks
    assert explanation.blocked_recordings >= 5


def test_a_blocked_process_names_its_cause() -> None:
    explanation = explain.explain_process(scenes.database_down(), "load")
    assert (explanation.status, explanation.blocked_by) == (Status.BLOCKED, ("results_database",))


def test_a_failed_stage_comes_with_the_command_to_run_it_again() -> None:
    explanation = explain.explain_process(scenes.one_bad_recording(), "parse")
    assert explanation.commands[-1] == "dataflow-health rerun --failed --stage parse"
    assert explanation.evidence


def test_owed_answers_come_with_their_own_command_only() -> None:
    owed = OwedAnswers((OwedDay("low", "1", NOON.date(), 2, NOON - timedelta(days=2)),))
    report = evaluation.make_report(factories.catalogue(), [owed], NOON)
    assert explain.explain_process(report, "analyse").commands == ("dataflow-health rerun --owed",)


def test_an_unknown_process_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(NotFound, match="did you mean parse"):
        explain.explain_process(scenes.healthy_except(), "pars")
