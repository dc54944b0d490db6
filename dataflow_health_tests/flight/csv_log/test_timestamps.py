from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.flight.csv_log.timestamps import assign_seconds, read_timestamps
from dataflow_health.flight.recorder import CsvRecorder

RECORDER = CsvRecorder(kind="csv", members=("x",), date="D", time="T", utc_offset="Z")
START = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "hour"),
    [
        (("2024-05-06", "09:00:00", "-05:00"), 14),
        (("2024-05-06", "09:00:00", "+05:30"), 3),
        (("2024-05-06", "09:00:00", ""), 9),
        (("2024-05-06", "09:00:00"), 9),
        (("2024-05-06",), None),
        (("", "", ""), None),
        (("2024-05-32", "09:00:00", "-05:00"), None),
        (("2024-05-06", "09:00:00", "west"), None),
    ],
)
def test_a_row_has_its_utc_time_or_none(row, hour):
    (timestamp,) = read_timestamps(["D", "T", "Z"], [row], RECORDER)
    assert (timestamp and timestamp.hour) == hour
    assert timestamp is None or timestamp.tzinfo == UTC


def test_clock_columns_may_stand_anywhere_and_the_offset_is_optional():
    rows = [("1", "09:00:00", "-05:00", "2024-05-06")]
    assert read_timestamps(["a", "T", "Z", "D"], rows, RECORDER)[0].hour == 14
    utc = RECORDER.model_copy(update={"utc_offset": None})
    assert read_timestamps(["a", "T", "Z", "D"], rows, utc)[0].hour == 9
    assert read_timestamps(["a", "T", "b", "D"], rows, RECORDER)[0].hour == 9
    assert read_timestamps(["a", "T", "b", "D"], [row[:3] for row in rows], RECORDER) == [None]


def test_a_column_without_a_name_is_no_offset():
    utc = RECORDER.model_copy(update={"utc_offset": None})
    row = ("2024-05-06", "09:00:00", "x")
    (timestamp,) = read_timestamps(["D", "T", ""], [row], utc)
    assert timestamp == datetime(2024, 5, 6, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("time_format", "zone", "text", "expected"),
    [
        ("%d.%m.%Y %H:%M:%S", "UTC", "06.05.2024 07:08:09", START),
        ("%d.%m.%Y %H:%M:%S", "Europe/Zurich", "06.05.2024 09:08:09", START),
        ("iso", "America/New_York", "2024-05-06T03:08:09", START),
        ("iso", "America/New_York", "2024-05-06T07:08:09Z", START),
        ("unix_s", "UTC", "1714979289", START),
        ("unix_ms", "UTC", "1714979289000", START),
        ("elapsed_s", "UTC", "60,5", datetime(1970, 1, 1, 0, 1, 0, 500_000, UTC)),
        ("elapsed_s", "UTC", "-1e300", datetime.fromtimestamp(-2_000_000_000, UTC)),
        ("elapsed_s", "UTC", "nan", None),
        ("unix_s", "UTC", "inf", None),
        ("unix_s", "UTC", "1e30", None),
        ("%d.%m.%Y %H:%M:%S", "UTC", "05/06/2024", None),
        ("iso", "UTC", "0001-01-01 00:00:00", None),
        ("iso", "Asia/Tokyo", "0001-01-01 00:00:00", None),
    ],
)
def test_one_column_has_date_and_time_in_the_declared_format(time_format, zone, text, expected):
    given_format = {"date": None, "time_format": time_format, "time_zone": zone}
    recorder = RECORDER.model_copy(update=given_format | {"utc_offset": None})
    assert read_timestamps(["T"], [(text,)], recorder) == [expected]


def test_an_offset_column_completes_a_declared_format():
    recorder = RECORDER.model_copy(update={"time_format": "%d.%m.%Y %H:%M:%S"})
    row = ("06.05.2024", "09:08:09", "+0200")
    assert read_timestamps(["D", "T", "Z"], [row], recorder) == [START]


def test_a_clock_beyond_a_lifetime_counts_as_set():
    half_a_day = 43_200
    seconds = assigned(*(half_a_day * row for row in range(46_400)))[0]
    assert max(seconds) <= 2_000_000_000 + half_a_day


def assigned(*seconds: int | None):
    stamps = [None if s is None else START + timedelta(seconds=s) for s in seconds]
    second, started_at, notes = assign_seconds(stamps, range(4, 4 + len(stamps)))
    assert second.dtype == np.int32
    return second.tolist(), started_at, notes


def test_rows_get_the_second_since_the_first():
    assert assigned(0, 1, 2, 60) == ([0, 1, 2, 60], START, ())


def test_rows_of_one_second_move_to_the_next_free_one():
    assert assigned(0, 0, 2, 3, 3, 5) == ([0, 1, 2, 3, 4, 5], START, (
        "2 of 6 lines are moved on by 1 to 2 s, as another line has the same second",
    ))  # fmt: skip


def test_rows_may_be_two_seconds_late_and_no_more():
    seconds, _, notes = assigned(0, 0, 0, 5)
    assert seconds == [0, 1, 2, 5]
    assert notes[0].startswith("2 of 4 lines are moved on")
    seconds, started_at, notes = assigned(0, 0, 0, 0, 1)
    assert seconds == [0, 1, 2, 3, 4]
    assert started_at == START
    assert notes[0] == "line 7: the clock jumps back by 3 s"


@pytest.mark.parametrize(("gap", "is_jump"), [(43_200, False), (43_201, True)])
def test_half_a_day_without_a_row_is_a_gap_and_more_is_a_clock_jump(gap, is_jump):
    seconds, _, notes = assigned(0, 1 + gap)
    assert seconds == ([0, 1] if is_jump else [0, 1 + gap])
    assert notes == ((f"line 5: the clock jumps forward by {gap} s",) if is_jump else ())


def test_the_start_is_decided_by_most_rows():
    assert assigned(0, 1, -1000, -999, -998)[1] == START - timedelta(seconds=1002)
    assert assigned(0, 1, 2, -1000, -999)[1] == START


def test_rows_without_time_get_the_next_second():
    assert assigned(None, 1, None, None, 9) == ([0, 1, 2, 3, 9], START, (
        "3 lines have no valid time; each gets the next second",
    ))  # fmt: skip
    assert assigned(None, None) == ([0, 1], None, (
        "2 lines have no valid time; each gets the next second",
    ))  # fmt: skip


@given(st.lists(st.none() | st.integers(-100_000, 100_000), min_size=1, max_size=20))
def test_seconds_start_at_zero_and_never_repeat(seconds):
    found = assigned(*seconds)[0]
    assert found[0] == 0
    assert all(before < after for before, after in pairwise(found))
