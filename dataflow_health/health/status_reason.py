"""Why a process is as it is, in one line for a person."""

from collections.abc import Sequence

from dataflow_health.health.check import LEDGER, STEP
from dataflow_health.health.process_status import ProcessStatus
from dataflow_health.health.report import CheckHealth
from dataflow_health.health.status import Status

NAMED_CHECKS = 2
"""Checks that a reason names; the rest are counted."""


def explain_status(
    status: Status, facts: ProcessStatus, blocked_by: Sequence[str], held_up: int
) -> str:
    """One line, without the process's own name."""
    if status is Status.BLOCKED:
        held = f"{held_up} recording{'' if held_up == 1 else 's'} held up"
        return f"waits for {', '.join(blocked_by)}; {held}"
    telling = sorted((c for c in facts.checks if c.status is status), key=_causes_first)
    if status is Status.HEALTHY:
        idle = f", {len(facts.not_set_up)} not set up" if facts.not_set_up else ""
        return f"{len(telling)} check{'' if len(telling) == 1 else 's'} passed{idle}"
    if status is Status.RUNNING and facts.counts and facts.counts.in_flight:
        return f"{facts.counts.in_flight} in flight"
    if not telling:
        return "nothing was ever observed"
    return _named(telling)


def _named(checks: Sequence[CheckHealth]) -> str:
    told = [f"{c.name}: {c.detail}" if c.detail else c.name for c in checks[:NAMED_CHECKS]]
    more = len(checks) - NAMED_CHECKS
    return "; ".join([*told, f"and {more} more"] if more > 0 else told)


def _causes_first(check: CheckHealth) -> int:
    """The run, then what a check measured, then the counts, which only sum them up."""
    return {STEP: 0, LEDGER: 2}.get(check.kind, 1)
