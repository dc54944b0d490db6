"""Places the rows of a log that has several rows a second on a grid of seconds and samples."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dataflow_health.flight.recording import MISSING, Series

_MAX_RATE_HZ = 64
_LEFT_OUT = -1
_MAX_SECONDS = 30 * 24 * 3600
"""Longest log; a clock that says more is damaged."""


class RowGrid(NamedTuple):
    """Place of each row.

    Attributes:
        second: Seconds that have a row, ascending.
        cell: For each row its place in the grid of ``second`` by ``rate_hz``, -1 when left out.
        rate_hz: Rows a second.
        started_at: Time of second 0.
        left_out: Index of rows without a time, with an earlier one than a row before, or with one
            ahead of both neighbours.
        steps_back: Times that the clock went back: once for each repeated block.
    """

    second: npt.NDArray[np.int32]
    cell: npt.NDArray[np.int64]
    rate_hz: int
    started_at: datetime
    left_out: tuple[int, ...]
    steps_back: int

    @property
    def offsets_s(self) -> tuple[float, ...]:
        """Time of each sample after the start of its second."""
        return tuple(column / self.rate_hz for column in range(self.rate_hz))


def rows_per_second(timestamps: Sequence[datetime | None]) -> int:
    """The usual number of rows in one second of the clock.

    The first and the last second may be cut off, so they do not count; a log without others has 1.
    """
    seconds = Counter(stamp.replace(microsecond=0) for stamp in timestamps if stamp)
    inner = Counter(list(seconds.values())[1:-1])
    return inner.most_common(1)[0][0] if inner else 1


def place_rows(timestamps: Sequence[datetime | None], rate_hz: int) -> RowGrid:
    """The grid of a log with more than one row a second.

    Args:
        timestamps: UTC time of every row, at least one of them known.
        rate_hz: Rows a second, 2 to 64.
    """
    known = [stamp for stamp in timestamps if stamp]
    start = known[0].replace(microsecond=0)
    has_fractions = len({stamp.microsecond for stamp in known}) > 1
    ahead = _ahead(timestamps)
    second_of: list[int] = []
    cells: list[int] = []
    latest = timedelta()
    filled: Counter[int] = Counter()
    for index, stamp in enumerate(timestamps):
        passed = stamp - start if stamp else timedelta(days=-1)
        at_s = passed.days * 86_400 + passed.seconds
        used = passed.microseconds * rate_hz // 1_000_000 if has_fractions else filled[at_s]
        is_possible = at_s <= _MAX_SECONDS and used < rate_hz and index not in ahead
        is_placed = is_possible and passed >= latest
        latest = passed if is_placed else latest
        filled[at_s] += is_placed
        second_of.append(at_s)
        cells.append(used if is_placed else _LEFT_OUT)
    column = np.array(cells, np.int64)
    own = np.array(second_of, np.int64)
    second = np.unique(own[column >= 0])
    cell = np.where(column >= 0, np.searchsorted(second, own) * rate_hz + column, _LEFT_OUT)
    return RowGrid(
        second=second.astype(np.int32),
        cell=cell,
        rate_hz=rate_hz,
        started_at=start,
        left_out=tuple(np.flatnonzero(column < 0).tolist()),
        steps_back=sum(after < before for before, after in pairwise(known)),
    )


def _ahead(timestamps: Sequence[datetime | None]) -> set[int]:
    """Rows whose time is after that of the next, while the next goes on from the one before."""
    known = [(index, stamp) for index, stamp in enumerate(timestamps) if stamp]
    return {
        index
        for (_, before), (index, stamp), (_, after) in zip(
            known, known[1:], known[2:], strict=False
        )
        if stamp > after >= before
    }


def spread(series: Series, grid: RowGrid) -> Series:
    """A series of one sample a row, on the grid; of two rows in one place the later counts."""
    cells = grid.cell[series.rows]
    counts = np.full((len(grid.second), grid.rate_hz), MISSING, np.int32)
    counts.reshape(-1)[cells[cells >= 0]] = series.counts[cells >= 0, 0]
    has_sample = (counts != MISSING).any(axis=1)
    rows = np.flatnonzero(has_sample).astype(np.int32)
    return Series(series.parameter, rows, counts[has_sample], grid.offsets_s, series.text)


def can_be_placed(rate_hz: int) -> bool:
    """True for rates that a recording may have above one a second."""
    return 1 < rate_hz <= _MAX_RATE_HZ
