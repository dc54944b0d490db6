"""Continuity of an aircraft's recordings: hours recorded of those flown, and missing parts."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import groupby, pairwise

from dataflow_health.health.flight_breaks import (
    UNKNOWN,
    ContinuityWindow,
    FlightBreak,
    break_between,
    flies_on,
    is_comparable,
    open_end,
    pause_between,
    to_seconds,
    touches_air,
)
from dataflow_health.health.recorded_flight import RecordedFlight, UnreadItem
from dataflow_health.health.report import ReportModel


class Continuity(ReportModel):
    """Continuity of the recordings that one recorder of an aircraft made.

    Attributes:
        recorder: Recorder kind.
        recordings: Number of recordings with a known start.
        unknown_segments: Number of those of which no second is known to be in the air or not.
        recorded_s: Recorded seconds in the air.
        flown_s: The same with the seconds in the air that are known to be missing.
        longest_stand_s: Longest time from the end of a recording on the ground to the start of the
            next one on the ground.
        breaks: Parts of flights that no recording holds, oldest first.
        open_breaks: Parts that a recording in work or in quarantine may hold, oldest first.
        flown_days: Days on which a recording with time in the air started, ascending.
    """

    recorder: str = ""
    recordings: int
    unknown_segments: int = 0
    recorded_s: int
    flown_s: int
    longest_stand_s: int = 0
    breaks: tuple[FlightBreak, ...] = ()
    open_breaks: tuple[FlightBreak, ...] = ()
    flown_days: tuple[date, ...] = ()

    @property
    def recorded_pct(self) -> float:
        """Share of the time in the air that was recorded; 100 without any."""
        return 100 * self.recorded_s / self.flown_s if self.flown_s else 100.0


def assess_continuity(
    flights: Iterable[RecordedFlight], window: ContinuityWindow, unread: Sequence[UnreadItem] = ()
) -> tuple[Continuity, ...]:
    """Continuity of an aircraft's recordings, by recorder: each has a sequence of its own. Pure.

    Recordings stand in the order of their own time, whenever they arrived. The first one may begin
    in the air, as the one before it is not looked at.

    Args:
        flights: Recordings of the aircraft.
        window: What counts.
        unread: Recordings and archives of the aircraft whose flight is not known.
    """
    ordered = sorted(flights, key=lambda each: (each.recorder, each.started_at, each.recording_id))
    found = (
        _assess(recorder, tuple(group), window, unread)
        for recorder, group in groupby(ordered, key=lambda each: each.recorder)
    )
    return tuple(each for each in found if each.recordings)


def _assess(
    recorder: str,
    ordered: Sequence[RecordedFlight],
    window: ContinuityWindow,
    unread: Sequence[UnreadItem],
) -> Continuity:
    """Continuity of one recorder's recordings, given by their start."""
    items = [each for each in unread if each.recorder in ("", recorder)]
    pairs = [pair for pair in pairwise(ordered) if is_comparable(*pair, window.since_at)]
    found = [each for pair in pairs if (each := break_between(*pair, window, items))]
    found += open_end(ordered[-1], window, items)
    at_open_breaks = {each.at for each in found if each.unread}
    paused = [pair for pair in pairs if flies_on(*pair) and pair[0].ended_at not in at_open_breaks]
    stands = [pause_between(*pair) for pair in pairs if not touches_air(*pair)]
    counted = [each for each in ordered if each.arrived_at >= window.since_at]
    return Continuity(
        recorder=recorder,
        recordings=len(counted),
        unknown_segments=sum(each.segment == UNKNOWN for each in counted),
        recorded_s=sum(each.recorded_s for each in counted),
        flown_s=sum(each.flown_s for each in counted)
        + sum(to_seconds(pause_between(*p)) for p in paused),
        longest_stand_s=to_seconds(max(stands, default=timedelta())),
        breaks=tuple(each for each in found if not each.unread),
        open_breaks=tuple(each for each in found if each.unread),
        flown_days=tuple(sorted({each.started_at.date() for each in counted if each.recorded_s})),
    )
