from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from dataflow_health.flight.algorithms.flight_segment import FlightSegment
from dataflow_health.health import flight_breaks
from dataflow_health.health.continuity import Continuity, assess_continuity
from dataflow_health.health.flight_breaks import ContinuityWindow
from dataflow_health.health.recorded_flight import RecordedFlight, UnreadItem
from dataflow_health_tests.factories import NOON

HOUR_S = 3600


def flight(
    start_h: float,
    segment: str,
    *,
    lost_s: int = 0,
    recorder: str = "card",
    arrived_h: float | None = None,
) -> RecordedFlight:
    """A recording of an hour that starts so many hours after noon; it flew for half of it."""
    started_at = NOON + timedelta(hours=start_h)
    ended_at = started_at + timedelta(hours=1)
    arrived_at = ended_at if arrived_h is None else NOON + timedelta(hours=arrived_h)
    flown_s = HOUR_S // 2
    return RecordedFlight(
        f"{start_h:g}", "HB-ZAA", segment, flown_s - lost_s, flown_s, started_at, ended_at,
        arrived_at, recorder,
    )  # fmt: skip


def unread(
    start_h: float | None, *, arrived_h: float = 20, recorder: str = "card", state: str = "waiting"
) -> UnreadItem:
    """An item whose flight is not known, with its start by its name, in hours after noon."""
    started_at = None if start_h is None else NOON + timedelta(hours=start_h)
    return UnreadItem("f" * 64, state, started_at, NOON + timedelta(hours=arrived_h), recorder)


def assess_all(
    *flights: RecordedFlight,
    hours_later: float = 1000,
    since_h: float = -1000,
    items: Sequence[UnreadItem] = (),
) -> tuple[Continuity, ...]:
    since_at, now = (NOON + timedelta(hours=each) for each in (since_h, hours_later))
    return assess_continuity(flights, ContinuityWindow(since_at, now, timedelta(days=1)), items)


def assess(
    *flights: RecordedFlight, hours_later: float = 1000, items: Sequence[UnreadItem] = ()
) -> Continuity:
    (found,) = assess_all(*flights, hours_later=hours_later, items=items)
    return found


def breaks(*flights: RecordedFlight) -> list[tuple[str, str, int | None]]:
    return [(each.after, each.before, each.missing_s) for each in assess(*flights).breaks]


def test_its_words_for_parts_are_those_of_the_recordings() -> None:
    words = {*flight_breaks.BEGINS_IN_AIR, *flight_breaks.ENDS_IN_AIR, flight_breaks.UNKNOWN}
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
    assert assess_all() == ()
    assert Continuity(recordings=0, recorded_s=0, flown_s=0).recorded_pct == 100.0


def test_seconds_lost_inside_a_recording_are_flown_and_not_recorded() -> None:
    assert assess(flight(0, "whole_flight", lost_s=180)).recorded_pct == pytest.approx(90)


@pytest.mark.parametrize(
    ("item", "is_named"),
    [
        (unread(1.5), True),
        (unread(None, arrived_h=9), True),
        (unread(None, arrived_h=9, recorder=""), True),
        (unread(-3), False),
        (unread(4), False),
        (unread(None, arrived_h=900), False),
        (unread(1.5, recorder="other"), False),
    ],
)
def test_what_may_be_in_a_recording_in_work_or_in_quarantine_is_no_break(
    item: UnreadItem, *, is_named: bool
) -> None:
    found = assess(flight(0, "start_only"), flight(3, "stop_only"), items=[item])
    assert (len(found.breaks), len(found.open_breaks)) == ((0, 1) if is_named else (1, 0))
    assert found.flown_s == HOUR_S + (0 if is_named else 2 * HOUR_S)
    if is_named:
        assert str(found.open_breaks[0]) == (
            "2026-11-20 13:00Z: 0 ends in the air, 3 begins in the air; "
            "what follows may be in what is not read: ffffffffffff is waiting"
        )


def test_the_newest_recording_is_continued_by_what_is_not_read_yet() -> None:
    found = assess(flight(0, "start_only"), items=[unread(1.1)])
    assert (found.breaks, len(found.open_breaks)) == ((), 1)


def test_two_recorders_of_one_aircraft_are_two_sequences() -> None:
    parts = [flight(0, "start_only"), flight(1.01, "stop_only")]
    others = [flight(0.5, "whole_flight", recorder="qar"), flight(8, "stop_only", recorder="qar")]
    first, second = assess_all(*parts, *others)
    assert (first.recorder, first.breaks, first.recordings) == ("card", (), 2)
    assert (second.recorder, len(second.breaks)) == ("qar", 1)


def test_a_late_card_stands_beside_the_flights_of_its_own_time() -> None:
    late = flight(-500, "mid_flight", arrived_h=100)
    around = flight(-501.01, "start_only"), flight(-498.99, "stop_only")
    (found,) = assess_all(late, *around, flight(90, "whole_flight"), since_h=0)
    assert (found.recordings, found.breaks) == (2, ())
    (found,) = assess_all(late, around[0], flight(90, "whole_flight"), since_h=0)
    assert [each.after for each in found.breaks] == ["-500"]


def test_what_arrived_before_the_window_is_no_news() -> None:
    old = flight(-50, "start_only"), flight(-40, "stop_only")
    assert assess_all(*old, since_h=0) == ()
    (found,) = assess_all(*old, flight(1, "whole_flight"), since_h=0)
    assert (found.breaks, found.recordings, found.flown_s) == ((), 1, HOUR_S // 2)
