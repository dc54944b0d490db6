"""Parts of flights that no recording holds, between two recordings or after the newest one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from pydantic import AwareDatetime

from dataflow_health.health.duration import format_duration
from dataflow_health.health.recorded_flight import RecordedFlight, UnreadItem
from dataflow_health.health.report import ReportModel

BEGINS_IN_AIR = frozenset({"mid_flight", "stop_only"})
ENDS_IN_AIR = frozenset({"mid_flight", "start_only"})
UNKNOWN = "unknown"

SPLIT = timedelta(minutes=1)
"""Longest pause in the air that is no break: a recorder closes a file and opens the next."""

LONGEST_FLIGHT = timedelta(hours=6)
"""A longer pause between two parts in the air holds a landing: no helicopter flies for so long."""


class FlightBreak(ReportModel):
    """A part of a flight that no recording holds.

    Attributes:
        after: Recording that ends in the air there; empty without one.
        before: Recording that begins in the air there; empty without one.
        at: Start of the missing part, UTC; its end where only that is known.
        missing_s: Seconds in the air that are missing; None when a landing or a start is missing
            too, so that their number is unknown.
        unread: Items that may hold the part, with their state; then it may not be missing.
    """

    after: str = ""
    before: str = ""
    at: AwareDatetime
    missing_s: int | None = None
    unread: tuple[str, ...] = ()

    def __str__(self) -> str:
        ends = f"{self.after[:12]} ends in the air" if self.after else ""
        begins = f"{self.before[:12]} begins in the air" if self.before else ""
        length = "unknown" if self.missing_s is None else format_duration(self.missing)
        known = ", ".join(filter(None, (ends, begins)))
        head = f"{self.at:%Y-%m-%d %H:%M}Z: {known}"
        if self.unread:
            return f"{head}; what follows may be in what is not read: {', '.join(self.unread)}"
        return f"{head}, missing time in the air: {length}"

    @property
    def missing(self) -> timedelta:
        """Known length of the missing part."""
        return timedelta(seconds=self.missing_s or 0)


class ContinuityWindow(NamedTuple):
    """What counts when continuity is assessed.

    Attributes:
        since_at: Recordings that arrived before only stand beside later ones, UTC.
        now: Evaluation time, UTC.
        awaits: Time after a recording in which its continuation may still arrive.
    """

    since_at: datetime
    now: datetime
    awaits: timedelta


def is_comparable(earlier: RecordedFlight, later: RecordedFlight, since_at: datetime) -> bool:
    """Whether two recordings follow each other, are of known parts, and one arrived lately."""
    is_known = UNKNOWN not in (earlier.segment, later.segment)
    is_new = max(earlier.arrived_at, later.arrived_at) >= since_at
    return is_known and is_new and pause_between(earlier, later) >= timedelta()


def pause_between(earlier: RecordedFlight, later: RecordedFlight) -> timedelta:
    """Time from the end of one recording to the start of the next."""
    return later.started_at - earlier.ended_at


def touches_air(earlier: RecordedFlight, later: RecordedFlight) -> bool:
    """Whether the pause between two recordings begins or ends in the air."""
    return earlier.segment in ENDS_IN_AIR or later.segment in BEGINS_IN_AIR


def flies_on(earlier: RecordedFlight, later: RecordedFlight) -> bool:
    """Whether the aircraft was in the air from one recording to the next."""
    is_air = earlier.segment in ENDS_IN_AIR and later.segment in BEGINS_IN_AIR
    return is_air and pause_between(earlier, later) <= LONGEST_FLIGHT


def break_between(
    earlier: RecordedFlight,
    later: RecordedFlight,
    window: ContinuityWindow,
    items: Sequence[UnreadItem],
) -> FlightBreak | None:
    """The break between two recordings that follow each other; None without one."""
    pause, is_in_air = pause_between(earlier, later), flies_on(earlier, later)
    if not touches_air(earlier, later) or (is_in_air and pause <= SPLIT):
        return None
    ends = earlier.segment in ENDS_IN_AIR
    return FlightBreak(
        after=earlier.recording_id if ends else "",
        before=later.recording_id if later.segment in BEGINS_IN_AIR else "",
        at=earlier.ended_at if ends else later.started_at,
        missing_s=to_seconds(pause) if is_in_air else None,
        unread=_unread_between(earlier.ended_at, later.started_at, window.awaits, items),
    )


def _unread_between(
    start: datetime, end: datetime, awaits: timedelta, items: Sequence[UnreadItem]
) -> tuple[str, ...]:
    """Items that may be of a time; without a start they arrived from then on, but not long after.

    Clocks in names are set by hand: a start counts when it is a minute too early.
    """
    return tuple(
        str(each)
        for each in items
        if (
            start - SPLIT <= each.started_at < end
            if each.started_at
            else start <= each.arrived_at <= end + awaits
        )
    )


def open_end(
    newest: RecordedFlight, window: ContinuityWindow, items: Sequence[UnreadItem]
) -> list[FlightBreak]:
    """The break after the newest recording, when it ends in the air and nothing has followed."""
    is_new = newest.arrived_at >= window.since_at
    is_awaited = window.now - newest.ended_at <= window.awaits
    if newest.segment not in ENDS_IN_AIR or not is_new or is_awaited:
        return []
    unread = _unread_between(newest.ended_at, window.now, window.awaits, items)
    return [FlightBreak(after=newest.recording_id, at=newest.ended_at, unread=unread)]


def to_seconds(duration: timedelta) -> int:
    """Whole seconds of a duration."""
    return int(duration.total_seconds())
