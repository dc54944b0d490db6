"""What changed from one report to a later one."""

from collections.abc import Iterator
from dataclasses import dataclass

from dataflow_health.diagram.nodes import moment
from dataflow_health.health.report import HealthReport
from dataflow_health.health.status import Status


@dataclass(frozen=True, slots=True)
class Change:
    """One process whose status changed.

    Attributes:
        process: Its name.
        before: Its status then; None when it was not there.
        after: Its status now; None when it is gone.
        reason: Why it is what it is now.
    """

    process: str
    before: Status | None
    after: Status | None
    reason: str = ""

    def __str__(self) -> str:
        was = f"{self.before.symbol} {self.before}" if self.before else "(new)"
        now = f"{self.after.symbol} {self.after}" if self.after else "(gone)"
        return f"{self.process}: {was} -> {now}" + (f": {self.reason}" if self.reason else "")


def changes(before: HealthReport, after: HealthReport) -> tuple[Change, ...]:
    """Every process whose status differs, worst now first, then by name."""
    return tuple(sorted(_changes(before, after), key=_worst_first))


def diff(before: HealthReport, after: HealthReport) -> str:
    """The same as text: a heading, then a line a process."""
    found = changes(before, after)
    span = f"{moment(before.at)} to {moment(after.at)}"
    heading = f"{span}: {len(found)} changed" if found else f"{span}: nothing changed"
    return "\n".join([heading, *(f"  {each}" for each in found)]) + "\n"


def _changes(before: HealthReport, after: HealthReport) -> Iterator[Change]:
    then = {process.name: process.status for process in before.processes}
    now = {process.name: process for process in after.processes}
    for name, process in now.items():
        if then.get(name) is not process.status:
            yield Change(name, then.get(name), process.status, process.reason)
    for name, status in then.items():
        if name not in now:
            yield Change(name, status, None)


def _worst_first(change: Change) -> tuple[int, str]:
    return (-change.after.rank if change.after else 1, change.process)
