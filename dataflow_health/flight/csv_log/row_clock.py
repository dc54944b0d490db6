"""Time of each row of a log that has several rows a second, by a clock that may be wrong.

A clock with less resolution than the rows gives several of them the same time; each such row is one
sample later than the one before. At a step back, or ahead of half a day, the clock was set: the
rows go on one sample after the row before. A single time out of order is damage of its row.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dataflow_health.flight.csv_log.timestamps import MAX_GAP_S
from dataflow_health.flight.sample_places import SECOND_US, Integers

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Flags = npt.NDArray[np.bool_]


class RowClock(NamedTuple):
    """Time of each row that has one.

    Attributes:
        row: Index of each row that is neither repeated nor damaged, ascending.
        after_us: Time of each after ``started_at``, in microseconds.
        started_at: UTC time of second 0, by the part of the log with the most rows.
        jumps: Row and seconds of each step at which the clock was set, negative when back.
        unknown: Number of rows whose time is empty or invalid.
    """

    row: Integers
    after_us: Integers
    started_at: datetime
    jumps: tuple[tuple[int, int], ...]
    unknown: int


def find_repeated(
    timestamps: Sequence[datetime | None], rows: Sequence[tuple[str, ...]]
) -> frozenset[int]:
    """Rows that the log has twice: after a step back, with the cells of a row before it."""
    seen: dict[tuple[str, ...], int] = {}
    repeated: list[int] = []
    latest: datetime | None = None
    before: datetime | None = None
    back_at = 0
    for index, (stamp, cells) in enumerate(zip(timestamps, rows, strict=True)):
        if stamp is None:
            continue
        latest = max(latest, stamp) if latest else stamp
        back_at = index if before and stamp < before else back_at
        before = stamp
        is_in_block = bool(repeated) and repeated[-1] == index - 1
        if (stamp < latest or is_in_block) and seen.get(cells, index) < back_at:
            repeated.append(index)
        seen.setdefault(cells, index)
    return frozenset(repeated)


def read_row_clock(
    timestamps: Sequence[datetime | None], rate_hz: int, repeated: Collection[int] = ()
) -> RowClock:
    """The time of every row of a log.

    Args:
        timestamps: UTC time of every row, at least one of them known and not repeated.
        rate_hz: Rows a second.
        repeated: Rows to leave out.
    """
    period_us = SECOND_US // rate_hz
    row = np.array([at for at in range(len(timestamps)) if at not in repeated], np.int64)
    known_stamps = [(at, stamp) for at in row.tolist() if (stamp := timestamps[at])]
    stamp_us = np.array([(stamp - _EPOCH) // _MICROSECOND for _, stamp in known_stamps], np.int64)
    damaged = _is_out_of_order(stamp_us)
    known_row = np.array([at for at, _ in known_stamps], np.int64)
    row = row[~np.isin(row, known_row[damaged])]
    known_row, stamp_us = known_row[~damaged], stamp_us[~damaged]
    place = np.searchsorted(row, known_row)
    step_us = np.diff(stamp_us)
    is_jump = (step_us < 0) | (step_us > MAX_GAP_S * SECOND_US)
    passed_us = _passed(stamp_us, place, is_jump, period_us)
    after_us = _fill(place, passed_us, len(row), period_us)
    after_us -= after_us.min()
    start = _start(stamp_us, after_us[place], is_jump)
    jumped_s = (step_us[is_jump] // SECOND_US).tolist()
    return RowClock(
        row=row,
        after_us=after_us + start.microsecond,
        started_at=start.replace(microsecond=0),
        jumps=tuple(zip(known_row[1:][is_jump].tolist(), jumped_s, strict=True)),
        unknown=len(row) - len(known_row),
    )


def _is_out_of_order(stamp_us: Integers) -> Flags:
    """True for a time outside those of its neighbours, while these are in order."""
    is_out = np.zeros(len(stamp_us), bool)
    before, own, after = stamp_us[:-2], stamp_us[1:-1], stamp_us[2:]
    is_out[1:-1] = (before <= after) & ((own < before) | (own > after))
    is_out[1:] &= ~is_out[:-1]
    return is_out


def _passed(stamp_us: Integers, place: Integers, is_jump: Flags, period_us: int) -> Integers:
    """Time of each row with a known time after the first of them; jumps take one sample."""
    own_us = _separate_equal(stamp_us, period_us)
    step_us = np.where(is_jump, np.diff(place) * period_us, np.diff(own_us))
    return np.concatenate(([0], np.cumsum(step_us))).astype(np.int64)


def _separate_equal(stamp_us: Integers, period_us: int) -> Integers:
    """Times of which equal ones are a sample apart, but none is after the next other time."""
    starts = np.flatnonzero(np.diff(stamp_us, prepend=stamp_us[0] - 1))
    lengths = np.diff(starts, append=len(stamp_us))
    first_us = stamp_us[starts]
    next_us = np.append(first_us[1:], np.iinfo(np.int64).max)
    limit_us = np.where(next_us > first_us, next_us, np.iinfo(np.int64).max)
    rank = np.arange(len(stamp_us)) - np.repeat(starts, lengths)
    own_us: Integers = np.minimum(stamp_us + rank * period_us, np.repeat(limit_us, lengths))
    return own_us


def _fill(place: Integers, passed_us: Integers, count: int, period_us: int) -> Integers:
    """Time of all rows: one without its own is a sample after the row before, if there is room."""
    every = np.arange(count)
    before = np.maximum(np.searchsorted(place, every, side="right") - 1, 0)
    counted = passed_us[before] + (every - place[before]) * period_us
    even = np.interp(every, place, passed_us).astype(np.int64)
    is_inner = (every > place[0]) & (every < place[-1])
    return np.where(is_inner, np.minimum(counted, even), counted)


def _start(stamp_us: Integers, after_us: Integers, is_jump: Flags) -> datetime:
    """UTC time of ``after_us`` 0 by the longest part without a jump."""
    part = np.concatenate(([0], np.cumsum(is_jump)))
    first = int(np.flatnonzero(part == np.bincount(part).argmax())[0])
    earliest_us = (_EARLIEST - _EPOCH) // _MICROSECOND
    return _EPOCH + max(int(stamp_us[first] - after_us[first]), earliest_us) * _MICROSECOND
