"""Reads the recorder's own clock: time of day, and the UTC start of the recording.

Clock parameters come at low rates, drop out, roll over and are reset in flight, so no single
reading is trusted: times are decided by majority, and a lone reading that disagrees with its
neighbours is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
import numpy.typing as npt

from dataflow_health.flight.layout import Clock
from dataflow_health.flight.parameter import to_values
from dataflow_health.flight.recording import Series

Seconds = npt.NDArray[np.int64]

DAY_S = 86_400
HOUR_S = 3_600
_YEARS = range(1970, 2100)
_CENTURY = 100
_CENTURY_PIVOT = 80
"""Two-digit years from here on are of the 20th century: no quick access recorder is older."""

_MIN_CONSISTENT_SHARE = 0.5
"""Share of readings that must agree with a neighbour: below it, the parameter is no clock."""

_MAX_READING_DISTANCE_S = 8
"""Readings of one time lie in one frame of four seconds, or in its neighbour."""


@dataclass(frozen=True, slots=True)
class ClockReadings:
    """Readings of the time of day, or of the time in the hour when no hours are recorded.

    Attributes:
        rows: int64 (m,), ascending.
        offset_s: int64 (m,): the reading less the row, modulo ``modulus_s``; constant while the
            clock and the rows advance together.
        modulus_s: A day or an hour.
    """

    rows: Seconds
    offset_s: Seconds
    modulus_s: int


def read_clock(series: Mapping[str, Series], clock: Clock) -> ClockReadings | None:
    """Joins hours, minutes and seconds; None without minutes and seconds, or when they do not run.

    Args:
        series: The clock's parameters by name, those that could be read.
        clock: Which parameter is which field of the time.
    """
    second, minute = _whole_readings(series, clock.second), _whole_readings(series, clock.minute)
    if second is None or minute is None:
        return None
    hour = _whole_readings(series, clock.hour)
    fields = [(second, 1, 60), (minute, 60, 60), *([(hour, HOUR_S, 24)] if hour else [])]
    valid = [(_drop_out_of_range(field, limit), unit_s) for field, unit_s, limit in fields]
    # One value per reading of the slowest field: a dropout then spoils one value, not several.
    slowest = min((rows for (rows, _), _ in valid), key=len)
    nearest = [_nearest(field, slowest) for field, _ in valid]
    is_near = np.logical_and.reduce([near for _, _, near in nearest])
    time_s = sum(
        unit_s * values for (_, unit_s), (_, values, _) in zip(valid, nearest, strict=True)
    )
    rows, time_s = nearest[0][0][is_near], np.asarray(time_s)[is_near]
    modulus_s = DAY_S if hour else HOUR_S
    offset_s = (time_s - rows) % modulus_s
    is_kept = is_consistent(offset_s, modulus_s, 1)
    if not is_kept.any() or is_kept.mean() < _MIN_CONSISTENT_SHARE:
        return None
    return ClockReadings(rows[is_kept], offset_s[is_kept], modulus_s)


def is_consistent(offsets: Seconds, modulus: int, tolerance: int) -> npt.NDArray[np.bool_]:
    """Which readings agree with the one before or after them; a lone one is a dropout."""
    if len(offsets) <= 1:
        return np.zeros(len(offsets), bool)
    agrees_with_next = np.abs(wrap_signed(np.diff(offsets), modulus)) <= tolerance
    agrees = np.zeros(len(offsets), bool)
    agrees[1:] = agrees_with_next
    agrees[:-1] |= agrees_with_next
    return agrees


def wrap_signed(values: Seconds, modulus: int) -> Seconds:
    """The values modulo ``modulus``, in the range from -modulus/2 to modulus/2."""
    return (values + modulus // 2) % modulus - modulus // 2


def most_common(values: Seconds) -> int:
    """The most frequent value; the smallest of equally frequent ones."""
    distinct, times = np.unique(values, return_counts=True)
    return int(distinct[times.argmax()])


def vote_start_time(
    series: Mapping[str, Series], clock: Clock, second: npt.NDArray[np.int32]
) -> tuple[datetime | None, str]:
    """The UTC time of second 0, decided by majority.

    Args:
        series: The clock's parameters by name.
        clock: Which parameter is which field of date and time.
        second: Second since the start of the recording, of each row.

    Returns:
        The UTC time, or None when date or time is incomplete, and a note on what is known instead.
    """
    second_of_day, note = _vote_second_of_day(series, clock, second)
    if second_of_day is None:
        return None, note
    day = _vote_date(series, clock, second, second_of_day)
    if day is None:
        time_of_day = timedelta(seconds=second_of_day)
        return None, f"start time unknown: the clock starts at {time_of_day}, without a date"
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return midnight + timedelta(seconds=second_of_day), ""


def vote_second_of_day(
    series: Mapping[str, Series], clock: Clock, second: npt.NDArray[np.int32]
) -> int | None:
    """The clock's time of day at second 0, decided by majority; None when it is incomplete.

    Arguments are those of :func:`vote_start_time`.
    """
    return _vote_second_of_day(series, clock, second)[0]


def _vote_second_of_day(
    series: Mapping[str, Series], clock: Clock, second: npt.NDArray[np.int32]
) -> tuple[int | None, str]:
    """Time of day at second 0, or None and a note on what is known instead."""
    second_of_minute = _vote_value(_whole_readings(series, clock.second), second, 1, 60, 0) or 0
    minute = _vote_value(_whole_readings(series, clock.minute), second, 60, 60, second_of_minute)
    if minute is None:
        return None, ""
    second_of_hour = 60 * minute + second_of_minute
    hour = _vote_value(_whole_readings(series, clock.hour), second, HOUR_S, 24, second_of_hour)
    if hour is None:
        return None, f"start time unknown: the clock starts at minute {minute}, without an hour"
    return HOUR_S * hour + second_of_hour, ""


def _vote_value(
    readings: tuple[Seconds, Seconds] | None,
    second: npt.NDArray[np.int32],
    unit_s: int,
    modulus: int,
    below_s: int,
) -> int | None:
    """Value at second 0, by majority, of a field of the time; None without valid readings.

    Args:
        readings: Rows and values of the field.
        second: Second since the start of the recording, of each row.
        unit_s: Seconds from one value to the next.
        modulus: Values after which the field starts again.
        below_s: Time at second 0 in the smaller fields.
    """
    if readings is None:
        return None
    rows, value = _drop_out_of_range(readings, modulus)
    if not len(rows):
        return None
    return most_common((value - (below_s + second[rows].astype(np.int64)) // unit_s) % modulus)


def _vote_date(
    series: Mapping[str, Series], clock: Clock, second: npt.NDArray[np.int32], second_of_day: int
) -> date | None:
    """The date at second 0; None unless day, month and year are recorded."""
    year = _whole_readings(series, clock.year)
    month = _whole_readings(series, clock.month)
    day = _whole_readings(series, clock.day)
    if year is None or month is None or day is None:
        return None
    rows, days = day
    years, months = _nearest(year, rows)[1], _nearest(month, rows)[1]
    days_passed = (second_of_day + second[rows].astype(np.int64)) // DAY_S
    dates, times = np.unique(
        np.stack([years, months, days, days_passed]), axis=1, return_counts=True
    )
    for index in np.argsort(-times, kind="stable"):
        found = _to_date(*(int(part) for part in dates[:, index]))
        if found is not None:
            return found
    return None


def _to_date(year: int, month: int, day: int, days_passed: int) -> date | None:
    """The date ``days_passed`` days before a recorded one; None when there is no such date."""
    if year < _CENTURY:
        year += 1900 if year >= _CENTURY_PIVOT else 2000
    if year not in _YEARS:
        return None
    try:
        return date(year, month, day) - timedelta(days=days_passed)
    except (ValueError, OverflowError):
        return None


def _whole_readings(
    series: Mapping[str, Series], name: str | None
) -> tuple[Seconds, Seconds] | None:
    """Rows and values, as whole numbers, of a clock parameter; None when it has no samples."""
    found = series.get(name) if name else None
    if found is None or not len(found.rows):
        return None
    values = to_values(found)[:, 0]
    is_known = np.isfinite(values)
    return found.rows[is_known].astype(np.int64), np.rint(values[is_known]).astype(np.int64)


def _drop_out_of_range(readings: tuple[Seconds, Seconds], limit: int) -> tuple[Seconds, Seconds]:
    rows, values = readings
    is_valid = (values >= 0) & (values < limit)
    return rows[is_valid], values[is_valid]


def _nearest(
    readings: tuple[Seconds, Seconds], rows: Seconds
) -> tuple[Seconds, Seconds, npt.NDArray[np.bool_]]:
    """Rows and values of the readings nearest to ``rows``, and whether they are near enough."""
    known_rows, values = readings
    if not len(known_rows):
        nothing = np.zeros(len(rows), np.int64)
        return nothing, nothing, nothing != 0
    after = np.searchsorted(known_rows, rows).clip(max=len(known_rows) - 1)
    before = (after - 1).clip(min=0)
    is_before_nearer = np.abs(known_rows[before] - rows) < np.abs(known_rows[after] - rows)
    index = np.where(is_before_nearer, before, after)
    distance = np.abs(known_rows[index] - rows)
    return known_rows[index], values[index], distance <= _MAX_READING_DISTANCE_S
