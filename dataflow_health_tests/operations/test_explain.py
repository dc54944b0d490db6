from datetime import timedelta

import pytest

from dataflow_health.errors import NotFound
from dataflow_health.health import remedy
from dataflow_health.health.check import LEDGER
from dataflow_health.health.observation import Counts, Evidence
from dataflow_health.health.owed_answers import OwedAnswers, OwedDay
from dataflow_health.health.report import CheckHealth, HealthReport, ProcessHealth
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


def test_a_refused_recording_comes_without_a_rerun_that_cannot_help() -> None:
    explanation = explain.explain_process(scenes.one_bad_recording(), "parse")
    assert explanation.evidence
    assert not [each for each in explanation.commands if "rerun" in each]


def test_refusals_that_only_the_counts_show_lead_to_the_quarantine() -> None:
    ledger = CheckHealth(name=LEDGER, kind=LEDGER, status=Status.FAILED)
    process = ProcessHealth(
        name="parse", status=Status.FAILED, checks=(ledger,), counts=Counts(quarantined=1)
    )
    report = HealthReport(at=NOON, status=Status.FAILED, processes=(process,))
    (step,) = explain.explain_process(report, "parse").steps
    assert "quarantine list --stage parse" in step


def test_a_refused_item_comes_with_its_command_and_the_step_of_its_reason() -> None:
    item = remedy.of_item("1" * 64, "crc_error", "quarantined")
    evidence = (Evidence(reason="crc_error", command=item.command),)
    check = CheckHealth(
        name="archives_readable", kind="asset_check", status=Status.FAILED, evidence=evidence
    )
    process = ProcessHealth(
        name="extract", status=Status.FAILED, checks=(check,), evidence=evidence
    )
    report = HealthReport(at=NOON, status=Status.FAILED, processes=(process,))
    explanation = explain.explain_process(report, "extract")
    assert (explanation.steps, explanation.commands) == ((item.step,), (item.command,))


def test_a_failed_live_check_comes_with_its_step() -> None:
    explanation = explain.explain_process(scenes.database_down(), "results_database")
    assert explanation.steps == ("Start the database or restore its network.",)
    assert explanation.commands == ()


def test_owed_answers_come_with_their_own_command_only() -> None:
    owed = OwedAnswers((OwedDay("low", "1", NOON.date(), 2, NOON - timedelta(days=2)),))
    report = evaluation.make_report(factories.catalogue(), [owed], NOON)
    assert explain.explain_process(report, "analyse").commands == ("dataflow-health rerun --owed",)


def test_an_unknown_process_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(NotFound, match="did you mean parse"):
        explain.explain_process(scenes.healthy_except(), "pars")
