"""What a recorder's own clock says.

Clock parameters come at low rates, drop out, roll over and are reset in flight, so nothing here
trusts one reading: instants are voted on, and a lone reading that disagrees is left out.
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
"""Share of readings that must go on like their neighbours: less is no clock, or wrong layout."""

_MAX_READING_DISTANCE_S = 8
"""Readings of one instant lie in one frame of four seconds, or in its neighbour."""


@dataclass(frozen=True, slots=True)
class ClockReadings:
    """Time of day, or of the hour when no hours are told, as read at some rows.

    Attributes:
        rows: int64 (m,), ascending.
        offset_s: int64 (m,): the reading less the row, modulo ``modulus_s``; constant while the
            clock and the rows run alike.
        modulus_s: A day or an hour.
    """

    rows: Seconds
    offset_s: Seconds
    modulus_s: int


def read_clock(series: Mapping[str, Series], clock: Clock) -> ClockReadings | None:
    """Joins hours, minutes and seconds; None without minutes and seconds, or when they do not run.

    Args:
        series: The clock's parameters, by name, those that could be read.
        clock: Which is which.
    """
    second, minute = _whole_readings(series, clock.second), _whole_readings(series, clock.minute)
    if second is None or minute is None:
        return None
    hour = _whole_readings(series, clock.hour)
    hands = [(second, 1, 60), (minute, 60, 60), *([(hour, HOUR_S, 24)] if hour else [])]
    told = [(_drop_out_of_range(hand, limit), unit) for hand, unit, limit in hands]
    # A pair for each reading of the slowest hand: one dropout then spoils one pair, not several.
    slowest = min((hand[0] for hand, _ in told), key=len)
    near = [_nearest(hand, slowest) for hand, _ in told]
    is_near = np.logical_and.reduce([close for _, _, close in near])
    value = sum(unit * values for (_, unit), (_, values, _) in zip(told, near, strict=True))
    rows, value = near[0][0][is_near], np.asarray(value)[is_near]
    modulus = DAY_S if hour else HOUR_S
    offset = (value - rows) % modulus
    keep = is_consistent(offset, modulus, 1)
    if not keep.any() or keep.mean() < _MIN_CONSISTENT_SHARE:
        return None
    return ClockReadings(rows[keep], offset[keep], modulus)


def is_consistent(offsets: Seconds, modulus: int, tolerance: int) -> npt.NDArray[np.bool_]:
    """Which readings agree with the one before or the one behind: a lone one is a dropout."""
    if len(offsets) <= 1:
        return np.zeros(len(offsets), bool)
    agree = np.abs(wrap_signed(np.diff(offsets), modulus)) <= tolerance
    agrees = np.zeros(len(offsets), bool)
    agrees[1:] = agree
    agrees[:-1] |= agree
    return agrees


def wrap_signed(values: Seconds, modulus: int) -> Seconds:
    """The same modulo ``modulus``, as near to zero as can be."""
    return (values + modulus // 2) % modulus - modulus // 2


def most_common(values: Seconds) -> int:
    """The commonest value, the smallest of equally common ones."""
    distinct, times = np.unique(values, return_counts=True)
    return int(distinct[times.argmax()])


def vote_start_time(
    series: Mapping[str, Series], clock: Clock, second: npt.NDArray[np.int32]
) -> tuple[datetime | None, str]:
    """The instant of second 0 by majority.

    Args:
        series: The clock's parameters, by name.
        clock: Which is which.
        second: Second since the start of each row.

    Returns:
        The instant in UTC, or None when the clock does not tell a whole one, and what it does tell.
    """
    of_minute = _vote_value(_whole_readings(series, clock.second), second, 1, 60, 0)
    minute = _vote_value(_whole_readings(series, clock.minute), second, 60, 60, of_minute or 0)
    if minute is None:
        return None, ""
    of_hour = 60 * minute + (of_minute or 0)
    hour = _vote_value(_whole_readings(series, clock.hour), second, HOUR_S, 24, of_hour)
    if hour is None:
        return None, f"clock tells minute {minute} at the start, but no hour"
    of_day = HOUR_S * hour + of_hour
    day = _vote_date(series, clock, second, of_day)
    if day is None:
        told = timedelta(seconds=of_day)
        return None, f"clock tells time of day {told} at the start, but no date"
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return midnight + timedelta(seconds=of_day), ""


def _vote_value(
    told: tuple[Seconds, Seconds] | None,
    second: npt.NDArray[np.int32],
    unit_s: int,
    modulus: int,
    below_s: int,
) -> int | None:
    """The value at second 0, by the readings' majority, of a hand that moves every ``unit_s``."""
    if told is None:
        return None
    rows, value = _drop_out_of_range(told, modulus)
    if not len(rows):
        return None
    return most_common((value - (below_s + second[rows].astype(np.int64)) // unit_s) % modulus)


def _vote_date(
    series: Mapping[str, Series], clock: Clock, second: npt.NDArray[np.int32], of_day: int
) -> date | None:
    """The date at second 0; None unless day, month and year are told."""
    hands = [_whole_readings(series, name) for name in (clock.year, clock.month, clock.day)]
    if any(hand is None for hand in hands):
        return None
    (rows, day), month, year = hands[2], hands[1], hands[0]  # type: ignore[misc]
    near = [_nearest(hand, rows)[1] for hand in (year, month)]  # type: ignore[arg-type]
    passed = (of_day + second[rows].astype(np.int64)) // DAY_S
    dates, times = np.unique(np.stack([*near, day, passed]), axis=1, return_counts=True)
    for index in np.argsort(-times, kind="stable"):
        found = _to_date(*(int(part) for part in dates[:, index]))
        if found is not None:
            return found
    return None


def _to_date(year: int, month: int, day: int, passed: int) -> date | None:
    if year < _CENTURY:
        year += 1900 if year >= _CENTURY_PIVOT else 2000
    if year not in _YEARS:
        return None
    try:
        return date(year, month, day) - timedelta(days=passed)
    except (ValueError, OverflowError):
        return None


def _whole_readings(
    series: Mapping[str, Series], name: str | None
) -> tuple[Seconds, Seconds] | None:
    """Rows and whole values of a clock parameter; None when it is not there."""
    found = series.get(name) if name else None
    if found is None or not len(found.rows):
        return None
    values = to_values(found)[:, 0]
    whole = np.isfinite(values)
    return found.rows[whole].astype(np.int64), np.rint(values[whole]).astype(np.int64)


def _drop_out_of_range(told: tuple[Seconds, Seconds], limit: int) -> tuple[Seconds, Seconds]:
    rows, values = told
    is_valid = (values >= 0) & (values < limit)
    return rows[is_valid], values[is_valid]


def _nearest(
    told: tuple[Seconds, Seconds], rows: Seconds, within: int = _MAX_READING_DISTANCE_S
) -> tuple[Seconds, Seconds, npt.NDArray[np.bool_]]:
    """Rows and values of the readings nearest to ``rows``, and whether they are near enough."""
    at, values = told
    if not len(at):
        nothing = np.zeros(len(rows), np.int64)
        return nothing, nothing, nothing != 0
    behind = np.searchsorted(at, rows).clip(max=len(at) - 1)
    before = (behind - 1).clip(min=0)
    index = np.where(np.abs(at[before] - rows) < np.abs(at[behind] - rows), before, behind)
    return at[index], values[index], np.abs(at[index] - rows) <= within
