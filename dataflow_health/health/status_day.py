"""One UTC day of one process: its worst status, and how long it had each."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

from dataflow_health.health.frozen_model import FrozenModel
from dataflow_health.health.status import Status, worst

CALM = (Status.HEALTHY, Status.RUNNING)
"""Statuses of a day without trouble: each day has runs, so RUNNING says no more than HEALTHY."""

_DAY = timedelta(days=1)


class StatusDay(FrozenModel):
    """A day of a process.

    Attributes:
        day: UTC day.
        status: Worst status of the day; HEALTHY when there was only that and RUNNING, and UNKNOWN
            when the status was known at no time.
        seconds: Seconds in each status that occurred and is not UNKNOWN.
        unknown_s: Seconds, of those that have passed, without a known status: the process was not
            watched, or its checks were never observed.
    """

    day: date
    status: Status
    seconds: dict[Status, float]
    unknown_s: float


def summarise(day: date, seconds: Mapping[Status, float], now: datetime) -> StatusDay:
    """The day of a process from its seconds in each status.

    Args:
        day: UTC day.
        seconds: Seconds in each status; a status may be missing.
        now: Evaluation time, UTC; a day that has not ended is as long as it has been so far.
    """
    known = {status: each for status, each in seconds.items() if status is not Status.UNKNOWN}
    loud = [status for status in known if status not in CALM]
    calm = Status.HEALTHY if known else Status.UNKNOWN
    start = datetime.combine(day, time(), UTC)
    elapsed = min(max(now - start, timedelta()), _DAY)
    return StatusDay(
        day=day,
        status=worst(loud) if loud else calm,
        seconds={status: known[status] for status in Status if status in known},
        unknown_s=max(0.0, elapsed.total_seconds() - sum(known.values())),
    )


def split_by_day(start: datetime, end: datetime) -> dict[date, float]:
    """Seconds between two times on each UTC day.

    Args:
        start: Earlier time, UTC.
        end: Later time, UTC.
    """
    found: dict[date, float] = {}
    while start < end:
        midnight = datetime.combine(start.date() + _DAY, time(), UTC)
        found[start.date()] = (min(midnight, end) - start).total_seconds()
        start = midnight
    return found
