import pytest

from dataflow_health.errors import NotFound
from dataflow_health.health.status import Status
from dataflow_health.operations import explain
from dataflow_health_tests.diagram import scenes


def test_the_causes_are_what_is_failed_and_what_warns() -> None:
    assert [each.process for each in explain.explain_pipeline(scenes.database_down()).causes] == [
        "results_database"
    ]
    warns = explain.explain_pipeline(scenes.stale_and_warning()).causes
    assert {each.status for each in warns} <= {Status.FAILED, Status.WARNING}


def test_a_cause_names_what_it_holds_up() -> None:
    why = explain.explain_process(scenes.database_down(), "results_database")
    assert "load" in why.blocks
    assert why.blocked_recordings >= 5


def test_a_blocked_process_names_what_it_waits_for() -> None:
    why = explain.explain_process(scenes.database_down(), "load")
    assert (why.status, why.blocked_by) == (Status.BLOCKED, ("results_database",))


def test_a_red_stage_comes_with_the_command_that_runs_it_again() -> None:
    why = explain.explain_process(scenes.one_bad_recording(), "parse")
    assert why.commands[-1] == "dataflow-health rerun --failed --stage parse"
    assert why.evidence


def test_a_name_that_is_none_is_told_with_the_nearest() -> None:
    with pytest.raises(NotFound, match="did you mean parse"):
        explain.explain_process(scenes.healthy_except(), "pars")
