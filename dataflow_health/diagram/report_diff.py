"""Processes whose status differs between two reports."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from dataflow_health.diagram.nodes import format_time
from dataflow_health.health.report import HealthReport
from dataflow_health.health.status import Status


@dataclass(frozen=True, slots=True)
class ProcessChange:
    """A process whose status differs between two reports.

    Attributes:
        process: Its name.
        before: Status in the earlier report; None if the process did not exist.
        after: Status in the later report; None if the process no longer exists.
        reason: Reason for the later status.
    """

    process: str
    before: Status | None
    after: Status | None
    reason: str = ""

    def __str__(self) -> str:
        before = f"{self.before.symbol} {self.before}" if self.before else "(new)"
        after = f"{self.after.symbol} {self.after}" if self.after else "(gone)"
        return f"{self.process}: {before} -> {after}" + (f": {self.reason}" if self.reason else "")


def compare(before: HealthReport, after: HealthReport) -> tuple[ProcessChange, ...]:
    """Every process whose status differs, the worst later status first, then by name."""
    return tuple(sorted(_changes(before, after), key=_sort_key))


def format_diff(before: datetime, after: datetime, changes: Sequence[ProcessChange]) -> str:
    """Formats a comparison of two reports: a heading, then one line for each process.

    Args:
        before: Time of the earlier report, UTC.
        after: Time of the later report, UTC.
        changes: Result of :func:`compare`.
    """
    result = f"{len(changes)} changed" if changes else "nothing changed"
    heading = f"{format_time(before)} to {format_time(after)}: {result}"
    return "\n".join([heading, *(f"  {change}" for change in changes)])


def _changes(before: HealthReport, after: HealthReport) -> Iterator[ProcessChange]:
    earlier = {process.name: process.status for process in before.processes}
    later = {process.name: process for process in after.processes}
    for name, process in later.items():
        if earlier.get(name) is not process.status:
            yield ProcessChange(name, earlier.get(name), process.status, process.reason)
    for name, status in earlier.items():
        if name not in later:
            yield ProcessChange(name, status, None)


def _sort_key(change: ProcessChange) -> tuple[int, str]:
    return (-change.after.rank if change.after else 1, change.process)
