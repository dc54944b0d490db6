from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.flight.arinc717.recorder_clock import (
    is_consistent,
    most_common,
    read_clock,
    vote_start_time,
    wrap_signed,
)
from dataflow_health.flight.layout import Clock, Parameter
from dataflow_health.flight.recording import MISSING, Series

CLOCK = Clock(hour="h", minute="m", second="s", day="d", month="mo", year="y")
START = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
PARTS = {
    "h": lambda at: at.hour, "m": lambda at: at.minute, "s": lambda at: at.second,
    "d": lambda at: at.day, "mo": lambda at: at.month, "y": lambda at: at.year % 100,
}  # fmt: skip


def make_series(rows, counts) -> Series:
    table = np.array(counts, np.int32)[:, None]
    return Series(Parameter(words=[2]), np.array(rows, np.int32), table, (0.0,))


def running(start: datetime = START, seconds: int = 40, every: dict[str, int] = {}, **changes):  # noqa: B006
    """Series of a clock that runs, every so many rows by name; some with counts of their own."""
    series = {}
    for name, part in PARTS.items():
        rows = range(0, seconds, every.get(name, 1))
        counts = [part(start + timedelta(seconds=row)) for row in rows]
        series[name] = make_series(rows, changes.get(name, counts))
    return series


def offset_of(start: datetime) -> int:
    return start.hour * 3600 + start.minute * 60 + start.second


def test_hours_minutes_and_seconds_are_joined():
    readings = read_clock(running(), CLOCK)
    assert readings.rows.tolist() == list(range(40))
    assert set(readings.offset_s.tolist()) == {offset_of(START)}
    assert readings.modulus_s == 86_400


def test_without_hours_the_clock_is_that_of_the_hour():
    series = running()
    del series["h"]
    readings = read_clock(series, CLOCK)
    assert set(readings.offset_s.tolist()) == {8 * 60 + 9}
    assert readings.modulus_s == 3600


@pytest.mark.parametrize("name", ["m", "s"])
def test_without_minutes_or_seconds_there_is_no_clock(name):
    series = running()
    assert read_clock({key: value for key, value in series.items() if key != name}, CLOCK) is None
    assert read_clock(series | {name: make_series([], [])}, CLOCK) is None
    unnamed = CLOCK.model_copy(update={"minute" if name == "m" else "second": None})
    assert read_clock(series, unnamed) is None


def test_offsets_stay_the_same_over_midnight():
    readings = read_clock(running(datetime(2024, 5, 6, 23, 59, 50, tzinfo=UTC)), CLOCK)
    assert set(readings.offset_s.tolist()) == {86_390}


def test_there_is_one_reading_for_each_of_the_slowest_field():
    series = running(seconds=80, every={"h": 4, "m": 16})
    readings = read_clock(series, CLOCK)
    assert readings.rows.tolist() == [0, 16, 32, 48, 64]
    assert set(readings.offset_s.tolist()) == {offset_of(START)}


@pytest.mark.parametrize(("distance", "rows"), [(8, 6), (9, 5)])
def test_fields_that_are_read_too_far_apart_are_not_joined(distance, rows):
    minutes = [0, 16, 32, 48, 64, 80]
    series = running(seconds=120, every={"m": 16})
    series["m"] = make_series(minutes, [8, 8, 8, 8, 9, 9])
    keep = [row for row in range(120) if abs(row - 80) >= distance]
    at = [START + timedelta(seconds=row) for row in keep]
    series["s"] = make_series(keep, [time.second for time in at])
    series["h"] = make_series(minutes, [7] * 6)
    readings = read_clock(series, CLOCK)
    # The seconds at row 80 are those of a row 8 s away: the same clock, so the same offset.
    assert len(readings.rows) == rows


def test_readings_out_of_range_are_left_out():
    seconds = [(START + timedelta(seconds=row)).second for row in range(40)]
    seconds[10], seconds[11] = 60, 61
    minutes = [8] * 40
    minutes[20] = minutes[21] = 60
    hours = [7] * 40
    hours[30] = hours[31] = 24
    readings = read_clock(running(s=seconds, m=minutes, h=hours), CLOCK)
    # The next reading of a field takes the place of the one that is left out.
    assert set(readings.offset_s.tolist()) == {offset_of(START)}


def test_the_highest_value_of_each_field_is_a_reading():
    start = datetime(2024, 5, 6, 23, 59, 40, tzinfo=UTC)
    readings = read_clock(running(start, 20), CLOCK)
    assert readings.rows.tolist() == list(range(20))
    late = datetime(2024, 5, 6, 23, 59, 59, tzinfo=UTC)
    assert vote_start_time(running(late), CLOCK, np.arange(40, dtype=np.int32)) == (late, "")
    single = running(late, 1)
    assert vote_start_time(single, CLOCK, np.zeros(1, np.int32)) == (late, "")


def test_missing_samples_are_no_readings():
    seconds = [(START + timedelta(seconds=row)).second for row in range(40)]
    seconds[3] = MISSING
    readings = read_clock(running(s=seconds), CLOCK)
    assert set(readings.offset_s.tolist()) == {offset_of(START)}


def test_a_lone_reading_that_disagrees_is_left_out():
    seconds = [(START + timedelta(seconds=row)).second for row in range(40)]
    seconds[12] = 59
    readings = read_clock(running(s=seconds), CLOCK)
    assert readings.rows.tolist() == [row for row in range(40) if row != 12]


@pytest.mark.parametrize(("stopped", "is_clock"), [(19, True), (20, True), (21, False)])
def test_a_clock_must_run_for_half_of_its_readings(stopped, is_clock):
    """Every second reading of the first is nonsense of its own, so that none of them agree."""
    noise = [7 * row * row % 60 for row in range(stopped)]
    seconds = noise + [(START + timedelta(seconds=row)).second for row in range(stopped, 40)]
    readings = read_clock(running(s=seconds), CLOCK)
    assert (readings is not None) == is_clock


def test_readings_agree_with_a_neighbour_within_the_tolerance():
    offsets = np.array([5, 6, 9, 6, 6, 8])
    assert is_consistent(offsets, 60, 1).tolist() == [True, True, False, True, True, False]
    assert is_consistent(offsets, 60, 0).tolist() == [False, False, False, True, True, False]
    assert is_consistent(np.array([59, 0]), 60, 1).tolist() == [True, True]
    assert is_consistent(np.array([59, 0]), 60, 0).tolist() == [False, False]
    assert is_consistent(np.array([7]), 60, 1).tolist() == [False]
    assert is_consistent(np.array([], np.int64), 60, 1).tolist() == []


@given(st.integers(-(10**6), 10**6), st.integers(2, 86_400))
def test_wrapped_values_are_equal_modulo_and_nearest_to_zero(value, modulus):
    wrapped = int(wrap_signed(np.array(value), modulus))
    assert (wrapped - value) % modulus == 0
    assert abs(wrapped) <= modulus / 2


def test_the_smaller_of_two_most_common_values_is_taken():
    assert most_common(np.array([7, 3, 7, 3, 9])) == 3
    assert most_common(np.array([3, 7, 7])) == 7


@given(
    start=st.datetimes(datetime(1980, 1, 1), datetime(2079, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    dropouts=st.sets(st.integers(0, 99), max_size=15),
)
def test_the_start_is_voted_on_through_rollover_and_dropouts(start, dropouts):
    start = start.replace(microsecond=0)
    series = running(start, 100)
    for name in series:
        series[name].counts[list(dropouts)] = 0
    second = np.arange(100, dtype=np.int32)
    assert vote_start_time(series, CLOCK, second) == (start, "")


def test_the_start_is_that_of_second_0_though_readings_come_later():
    series = running(START, 200)
    late = {
        name: Series(one.parameter, one.rows[:80], one.counts[120:], one.offsets_s)
        for name, one in series.items()
    }
    second = np.arange(120, 200, dtype=np.int32)
    assert vote_start_time(late, CLOCK, second) == (START, "")


@pytest.mark.parametrize(
    ("year", "expected"),
    [(79, 2079), (80, 1980), (99, 1999), (0, 2000), (2024, 2024), (1970, 1970), (2099, 2099)],
)
def test_years_come_with_or_without_their_century(year, expected):
    start = vote_start_time(running(y=[year] * 40), CLOCK, np.arange(40, dtype=np.int32))[0]
    assert start.year == expected


@pytest.mark.parametrize(
    "changes", [{"y": 1969}, {"y": 2100}, {"mo": 13}, {"d": 0}, {"d": 31, "mo": 2}]
)
def test_an_impossible_date_is_no_date(changes):
    series = running(**{name: [count] * 40 for name, count in changes.items()})
    start, note = vote_start_time(series, CLOCK, np.arange(40, dtype=np.int32))
    assert start is None
    assert note == "start time unknown: the clock starts at 7:08:09, without a date"


def test_the_most_frequent_possible_date_is_taken():
    months = [13] * 20 + [5] * 15 + [6] * 5
    start, _ = vote_start_time(running(mo=months), CLOCK, np.arange(40, dtype=np.int32))
    assert start == START


@pytest.mark.parametrize("name", ["d", "mo", "y"])
def test_a_clock_without_a_full_date_is_noted(name):
    series = running()
    del series[name]
    start, note = vote_start_time(series, CLOCK, np.arange(40, dtype=np.int32))
    assert (start, note) == (
        None, "start time unknown: the clock starts at 7:08:09, without a date",
    )  # fmt: skip


@pytest.mark.parametrize("hours", [None, [24] * 40])
def test_a_clock_without_hours_is_noted(hours):
    series = running() if hours is None else running(h=hours)
    if hours is None:
        del series["h"]
    start, note = vote_start_time(series, CLOCK, np.arange(40, dtype=np.int32))
    assert (start, note) == (
        None, "start time unknown: the clock starts at minute 8, without an hour",
    )  # fmt: skip


def test_a_clock_without_minutes_gives_no_start():
    series = running()
    del series["m"]
    assert vote_start_time(series, CLOCK, np.arange(40, dtype=np.int32)) == (None, "")


def test_a_clock_without_seconds_starts_at_the_full_minute():
    series = running(START.replace(second=0))
    del series["s"]
    start, _ = vote_start_time(series, CLOCK, np.arange(40, dtype=np.int32))
    assert start == START.replace(second=0)


def test_parts_of_the_date_that_come_at_other_rows_are_matched():
    series = running(seconds=80, every={"d": 64, "mo": 16, "y": 4})
    start, _ = vote_start_time(series, CLOCK, np.arange(80, dtype=np.int32))
    assert start == START
