"""Continuity of an aircraft's recordings: hours recorded of those flown, and missing parts."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from pydantic import AwareDatetime

from dataflow_health.health.duration import format_duration
from dataflow_health.health.report import ReportModel

BEGINS_IN_AIR = frozenset({"mid_flight", "stop_only"})
ENDS_IN_AIR = frozenset({"mid_flight", "start_only"})
UNKNOWN = "unknown"

SPLIT = timedelta(minutes=1)
"""Longest pause in the air that is no break: a recorder closes a file and opens the next."""

LONGEST_FLIGHT = timedelta(hours=6)
"""A longer pause between two parts in the air holds a landing: no helicopter flies for so long."""


class RecordedFlight(NamedTuple):
    """What one recording holds of a flight.

    Attributes:
        recording_id: Id of the recording.
        tail: Aircraft.
        segment: Part of the flight: ``whole_flight``, ``start_only``, ``mid_flight``,
            ``stop_only`` or ``unknown``.
        recorded_s: Recorded seconds in the air.
        flown_s: The same with the seconds lost between two in the air.
        started_at: Start of the recording, UTC.
        ended_at: End of the recording, UTC.
        recorder: Recorder kind.
        format: Digest of the recording's format; empty when it is not known.
        software: Software version of the recorder; None when it is not recorded.
    """

    recording_id: str
    tail: str
    segment: str
    recorded_s: int
    flown_s: int
    started_at: datetime
    ended_at: datetime
    recorder: str = ""
    format: str = ""
    software: str | None = None

    @property
    def duration_s(self) -> float:
        """Seconds from start to end."""
        return (self.ended_at - self.started_at).total_seconds()


class FlightBreak(ReportModel):
    """A part of a flight that no recording holds.

    Attributes:
        after: Recording that ends in the air there; empty without one.
        before: Recording that begins in the air there; empty without one.
        at: Start of the missing part, UTC; its end where only that is known.
        missing_s: Seconds in the air that are missing; None when a landing or a start is missing
            too, so that their number is unknown.
    """

    after: str = ""
    before: str = ""
    at: AwareDatetime
    missing_s: int | None = None

    def __str__(self) -> str:
        ends = f"{self.after[:12]} ends in the air" if self.after else ""
        begins = f"{self.before[:12]} begins in the air" if self.before else ""
        length = "unknown" if self.missing_s is None else format_duration(self.missing)
        known = ", ".join(filter(None, (ends, begins)))
        return f"{self.at:%Y-%m-%d %H:%M}Z: {known}, missing time in the air: {length}"

    @property
    def missing(self) -> timedelta:
        """Known length of the missing part."""
        return timedelta(seconds=self.missing_s or 0)


class Continuity(ReportModel):
    """Continuity of one aircraft's recordings.

    Attributes:
        recordings: Number of recordings with a known start.
        unknown_segments: Number of those of which no second is known to be in the air or not.
        recorded_s: Recorded seconds in the air.
        flown_s: The same with the seconds in the air that are known to be missing.
        longest_stand_s: Longest time from the end of a recording on the ground to the start of the
            next one on the ground.
        breaks: Parts of flights that no recording holds, oldest first.
        flown_days: Days on which a recording with time in the air started, ascending.
    """

    recordings: int
    unknown_segments: int = 0
    recorded_s: int
    flown_s: int
    longest_stand_s: int = 0
    breaks: tuple[FlightBreak, ...] = ()
    flown_days: tuple[date, ...] = ()

    @property
    def recorded_pct(self) -> float:
        """Share of the time in the air that was recorded; 100 without any."""
        return 100 * self.recorded_s / self.flown_s if self.flown_s else 100.0


def assess_continuity(
    flights: Iterable[RecordedFlight], now: datetime, awaits: timedelta
) -> Continuity:
    """Continuity of the recordings of one aircraft. Pure.

    The first recording may begin in the air, as the one before it is not looked at.

    Args:
        flights: Its recordings.
        now: Evaluation time, UTC.
        awaits: Time after the newest recording in which its continuation may still arrive.
    """
    ordered = sorted(flights, key=lambda each: (each.started_at, each.recording_id))
    pairs = [pair for pair in pairwise(ordered) if _is_comparable(*pair)]
    breaks = [found for pair in pairs if (found := _break_between(*pair))]
    breaks += _open_end(ordered, now, awaits)
    paused_s = sum(_seconds(_pause(*pair)) for pair in pairs if _flies_on(*pair))
    stands = [_pause(*pair) for pair in pairs if not _touches_air(*pair)]
    return Continuity(
        recordings=len(ordered),
        unknown_segments=sum(each.segment == UNKNOWN for each in ordered),
        recorded_s=sum(each.recorded_s for each in ordered),
        flown_s=sum(each.flown_s for each in ordered) + paused_s,
        longest_stand_s=_seconds(max(stands, default=timedelta())),
        breaks=tuple(breaks),
        flown_days=tuple(sorted({each.started_at.date() for each in ordered if each.recorded_s})),
    )


def _is_comparable(earlier: RecordedFlight, later: RecordedFlight) -> bool:
    """Whether two recordings follow each other and both are of a known part."""
    return UNKNOWN not in (earlier.segment, later.segment) and _pause(earlier, later) >= timedelta()


def _pause(earlier: RecordedFlight, later: RecordedFlight) -> timedelta:
    return later.started_at - earlier.ended_at


def _touches_air(earlier: RecordedFlight, later: RecordedFlight) -> bool:
    return earlier.segment in ENDS_IN_AIR or later.segment in BEGINS_IN_AIR


def _flies_on(earlier: RecordedFlight, later: RecordedFlight) -> bool:
    """Whether the aircraft was in the air from one recording to the next."""
    is_air = earlier.segment in ENDS_IN_AIR and later.segment in BEGINS_IN_AIR
    return is_air and _pause(earlier, later) <= LONGEST_FLIGHT


def _break_between(earlier: RecordedFlight, later: RecordedFlight) -> FlightBreak | None:
    pause, flies_on = _pause(earlier, later), _flies_on(earlier, later)
    if not _touches_air(earlier, later) or (flies_on and pause <= SPLIT):
        return None
    ends = earlier.segment in ENDS_IN_AIR
    return FlightBreak(
        after=earlier.recording_id if ends else "",
        before=later.recording_id if later.segment in BEGINS_IN_AIR else "",
        at=earlier.ended_at if ends else later.started_at,
        missing_s=_seconds(pause) if flies_on else None,
    )


def _open_end(
    ordered: Sequence[RecordedFlight], now: datetime, awaits: timedelta
) -> list[FlightBreak]:
    """The break after the newest recording, when it ends in the air and nothing has followed."""
    newest = ordered[-1] if ordered else None
    if newest is None or newest.segment not in ENDS_IN_AIR or now - newest.ended_at <= awaits:
        return []
    return [FlightBreak(after=newest.recording_id, at=newest.ended_at)]


def _seconds(duration: timedelta) -> int:
    return int(duration.total_seconds())
