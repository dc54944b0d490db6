from datetime import date, timedelta

import pytest

from dataflow_health.flight.algorithms.flight_segment import FlightSegment
from dataflow_health.health import continuity
from dataflow_health.health.continuity import Continuity, RecordedFlight, assess_continuity
from dataflow_health_tests.factories import NOON

HOUR_S = 3600


def flight(start_h: float, segment: str, *, lost_s: int = 0) -> RecordedFlight:
    """A recording of an hour that starts so many hours after noon; it flew for half of it."""
    started_at = NOON + timedelta(hours=start_h)
    ended_at = started_at + timedelta(hours=1)
    flown_s = HOUR_S // 2
    return RecordedFlight(
        f"{start_h:g}", "HB-ZAA", segment, flown_s - lost_s, flown_s, started_at, ended_at
    )


def assess(*flights: RecordedFlight, hours_later: float = 1000) -> Continuity:
    return assess_continuity(flights, NOON + timedelta(hours=hours_later), timedelta(days=1))


def breaks(*flights: RecordedFlight) -> list[tuple[str, str, int | None]]:
    return [(each.after, each.before, each.missing_s) for each in assess(*flights).breaks]


def test_its_words_for_parts_are_those_of_the_recordings() -> None:
    words = {*continuity.BEGINS_IN_AIR, *continuity.ENDS_IN_AIR, continuity.UNKNOWN}
    assert words | {FlightSegment.WHOLE_FLIGHT} == set(FlightSegment)


def test_whole_flights_have_stands_between_them_and_nothing_is_missing() -> None:
    found = assess(flight(4, "whole_flight"), flight(0, "whole_flight"), flight(30, "whole_flight"))
    assert (found.recordings, found.breaks, found.recorded_pct) == (3, (), 100.0)
    assert found.longest_stand_s == 25 * HOUR_S
    assert found.flown_days == (date(2026, 11, 20), date(2026, 11, 21))


def test_parts_that_follow_within_a_minute_are_one_flight() -> None:
    parts = (flight(0, "start_only"), flight(1.01, "mid_flight"), flight(2.02, "stop_only"))
    found = assess(*parts)
    assert (found.breaks, found.flown_s) == ((), 3 * HOUR_S // 2 + 2 * 36)


@pytest.mark.parametrize(
    ("first", "second", "start_h", "expected"),
    [
        ("start_only", "stop_only", 1.5, ("0", "1.5", HOUR_S // 2)),
        ("start_only", "stop_only", 8, ("0", "8", None)),
        ("start_only", "whole_flight", 2, ("0", "", None)),
        ("whole_flight", "stop_only", 2, ("", "2", None)),
    ],
)
def test_a_missing_part_is_a_break_and_its_length_is_known_within_one_flight(
    first: str, second: str, start_h: float, expected: tuple[str, str, int | None]
) -> None:
    parts = flight(0, first), flight(start_h, second)
    assert breaks(*parts) == [expected]
    missing_s = expected[2] or 0
    assert assess(*parts).flown_s == HOUR_S + missing_s


@pytest.mark.parametrize("other", ["unknown", "stop_only"])
def test_unknown_parts_and_recordings_side_by_side_are_not_judged(other: str) -> None:
    start_h = 0.5 if other == "stop_only" else 3
    assert breaks(flight(0, "start_only"), flight(start_h, other)) == []


def test_the_continuation_of_the_newest_recording_is_awaited_for_a_day() -> None:
    assert assess(flight(0, "start_only"), hours_later=24).breaks == ()
    (found,) = assess(flight(0, "start_only"), hours_later=26).breaks
    expected = "2026-11-20 13:00Z: 0 ends in the air, missing time in the air: unknown"
    assert str(found) == expected
    assert assess(flight(0, "stop_only")).breaks == ()
    assert assess().recorded_pct == 100.0


def test_seconds_lost_inside_a_recording_are_flown_and_not_recorded() -> None:
    assert assess(flight(0, "whole_flight", lost_s=180)).recorded_pct == pytest.approx(90)
