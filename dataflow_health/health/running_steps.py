"""Steps in flight, and which of them make no progress."""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from dataflow_health.health.duration import format_duration
from dataflow_health.health.observation import Evidence

SILENT_AFTER = timedelta(seconds=40)
"""A step sends a heartbeat every five seconds; one that is stopped sends none."""
HUNG = "step_hangs"
"""Reason code of a step that makes no progress."""


class RunningStep(NamedTuple):
    """One stage at work on one arrival day.

    Attributes:
        stage: The stage.
        arrival_day: The arrival day.
        run_id: Dagster run that the step belongs to.
        host: Machine of its process.
        pid: Its process.
        finished: Items that it has finished.
        total: Items that it has to process; 0 while they are not counted.
        begun_at: When it began.
        moved_at: When it last finished an item or used the processor.
        beat_at: When its process last sent a heartbeat.
        limit_s: Longest time without progress, from the history of the stage.
    """

    stage: str
    arrival_day: date
    run_id: str
    host: str
    pid: int
    finished: int
    total: int
    begun_at: datetime
    moved_at: datetime
    beat_at: datetime
    limit_s: float

    @property
    def active_at(self) -> datetime:
        """The newest of its last progress and its last heartbeat."""
        return max(self.moved_at, self.beat_at)

    @property
    def hangs_at(self) -> datetime:
        """When it counts as hung, unless it sends a heartbeat and makes progress until then."""
        late_at = self.moved_at + timedelta(seconds=self.limit_s)
        return min(late_at, self.active_at + SILENT_AFTER)

    def is_silent(self, now: datetime) -> bool:
        """Whether its process sends no heartbeat."""
        return now - self.active_at > SILENT_AFTER

    def hangs(self, now: datetime) -> bool:
        """Whether it is stopped, or makes no progress for longer than its limit."""
        return now > self.hangs_at


def describe(step: RunningStep, now: datetime) -> str:
    """Where a step hangs, for how long, and how far it came."""
    why = "its process sends no heartbeat" if step.is_silent(now) else "it waits for something"
    return (
        f"the run of {step.arrival_day} makes no progress for "
        f"{format_duration(now - step.moved_at)}: {why} "
        f"({step.finished} of {step.total} done, process {step.pid} on {step.host})"
    )


def evidence(step: RunningStep, now: datetime) -> Evidence:
    """The step that hangs, for the table of a check."""
    return Evidence(
        stage=step.stage,
        reason=HUNG,
        expected=f"progress within {format_duration(timedelta(seconds=step.limit_s))}",
        found=describe(step, now),
        first_seen_at=step.moved_at,
        count=max(1, step.total - step.finished),
    )
