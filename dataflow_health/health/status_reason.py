"""Reason for the status of a process, in one line."""

from collections.abc import Sequence

from dataflow_health.health.check import LEDGER, STEP
from dataflow_health.health.process_status import ProcessStatus
from dataflow_health.health.report import CheckHealth
from dataflow_health.health.status import Status

NAMED_CHECKS = 2
"""Checks that a reason names; the rest are counted."""


def explain_status(
    status: Status, process: ProcessStatus, blocked_by: Sequence[str], blocked_recordings: int
) -> str:
    """The reason, without the name of the process.

    Args:
        status: Final status of the process.
        process: The process considered alone.
        blocked_by: FAILED processes that it waits for.
        blocked_recordings: Recordings held up between those and this one.
    """
    if status is Status.BLOCKED:
        held_up = f"{blocked_recordings} recording{_plural(blocked_recordings)} held up"
        return f"waits for {', '.join(blocked_by)}; {held_up}"
    deciding = sorted((c for c in process.checks if c.status is status), key=_causes_first)
    if status is Status.HEALTHY:
        number = len(process.not_configured)
        skipped = f", {number} not configured" if number else ""
        return f"{len(deciding)} check{_plural(len(deciding))} passed{skipped}"
    if status is Status.RUNNING and process.counts and process.counts.in_flight:
        return f"{process.counts.in_flight} in flight"
    if not deciding:
        return "never observed"
    return _list_checks(deciding)


def _list_checks(checks: Sequence[CheckHealth]) -> str:
    named = [f"{c.name}: {c.detail}" if c.detail else c.name for c in checks[:NAMED_CHECKS]]
    more = len(checks) - NAMED_CHECKS
    return "; ".join([*named, f"and {more} more"] if more > 0 else named)


def _causes_first(check: CheckHealth) -> int:
    """The run first, then measured checks, then the counts that only sum them up."""
    return {STEP: 0, LEDGER: 2}.get(check.kind, 1)


def _plural(number: int) -> str:
    return "" if number == 1 else "s"
