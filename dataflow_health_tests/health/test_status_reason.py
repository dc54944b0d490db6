"""Reason for the status of a process, in one line."""

import pytest

from dataflow_health.health.observation import Counts
from dataflow_health.health.process_status import ProcessStatus
from dataflow_health.health.report import CheckHealth
from dataflow_health.health.status import Status
from dataflow_health.health.status_reason import explain_status


def make_check(name, status=Status.FAILED, detail="", kind="asset_check"):
    return CheckHealth(name=name, kind=kind, status=status, detail=detail)


def make_status(*checks, counts=None, not_configured=()):
    return ProcessStatus(checks, counts, (), frozenset(not_configured))


def explain(status, process, blocked_by=(), blocked_recordings=0):
    return explain_status(status, process, blocked_by, blocked_recordings)


@pytest.mark.parametrize(
    ("number", "held_up"),
    [(0, "0 recordings held up"), (1, "1 recording held up"), (2, "2 recordings held up")],
)
def test_a_blocked_process_names_what_it_waits_for(number, held_up):
    reason = explain(Status.BLOCKED, make_status(), ("database", "parse"), number)
    assert reason == f"waits for database, parse; {held_up}"


def test_a_healthy_process_counts_its_checks():
    one, two = make_check("a", Status.HEALTHY), make_check("b", Status.HEALTHY)
    assert explain(Status.HEALTHY, make_status(one)) == "1 check passed"
    assert explain(Status.HEALTHY, make_status(one, two)) == "2 checks passed"
    idle = make_status(one, make_check("c", Status.UNKNOWN), not_configured=["c"])
    assert explain(Status.HEALTHY, idle) == "1 check passed, 1 not configured"


def test_a_running_process_says_how_much_is_in_flight():
    running = make_check("a", Status.RUNNING, "reading")
    busy = make_status(running, counts=Counts(incoming=3, in_flight=3))
    assert explain(Status.RUNNING, busy) == "3 in flight"
    assert explain(Status.RUNNING, make_status(running, counts=Counts())) == "a: reading"
    assert explain(Status.RUNNING, make_status(running)) == "a: reading"
    failed = make_status(make_check("a", detail="bad"), counts=Counts(in_flight=3))
    assert explain(Status.FAILED, failed) == "a: bad"


def test_a_process_without_any_check_was_never_observed():
    assert explain(Status.UNKNOWN, make_status()) == "never observed"


def test_two_deciding_checks_are_named_and_the_rest_is_counted():
    checks = [make_check("a", detail="bad"), make_check("b")]
    assert explain(Status.FAILED, make_status(*checks)) == "a: bad; b"
    assert explain(Status.FAILED, make_status(*checks, make_check("c"))) == "a: bad; b; and 1 more"


def test_only_checks_with_the_status_of_the_process_are_named():
    process = make_status(make_check("a", Status.WARNING), make_check("b"))
    assert explain(Status.FAILED, process) == "b"


def test_the_run_is_named_first_and_the_counts_last():
    process = make_status(
        make_check("ledger", kind="ledger"),
        make_check("clock"),
        make_check("step", kind="step"),
    )
    assert explain(Status.FAILED, process) == "step; clock; and 1 more"
