"""Places the rows of a log that has several rows a second on a grid of seconds and samples."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dataflow_health.flight.csv_log.row_clock import read_row_clock
from dataflow_health.flight.recording import MISSING, Series
from dataflow_health.flight.sample_places import LEFT_OUT, Integers, nearest_samples, separate

_MAX_RATE_HZ = 64
_MAX_SECONDS = 30 * 24 * 3600
"""Longest log; a clock that says more is damaged."""


class RowGrid(NamedTuple):
    """Place of each row.

    Attributes:
        second: Seconds that have a row, ascending.
        cell: For each row its place in the grid of ``second`` by ``rate_hz``, -1 when it has none;
            no two rows have the same.
        rate_hz: Rows a second.
        started_at: Time of second 0.
        left_out: Index of rows with a time out of order, or for which there is no place near it.
        moved: Rows moved by one or two samples, as their place is taken.
        unknown: Rows whose time is empty or invalid; each is one sample after the row before.
        jumps: Row and seconds of each step at which the clock was set, negative when back.
    """

    second: npt.NDArray[np.int32]
    cell: Integers
    rate_hz: int
    started_at: datetime
    left_out: tuple[int, ...]
    moved: int
    unknown: int
    jumps: tuple[tuple[int, int], ...]

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


def place_rows(
    timestamps: Sequence[datetime | None], rate_hz: int, repeated: Collection[int] = ()
) -> RowGrid:
    """The grid of a log with more than one row a second.

    Args:
        timestamps: UTC time of every row, at least one of them known and not repeated.
        rate_hz: Rows a second, 2 to 64.
        repeated: Rows that the log has twice; they get no place and do not count as left out.
    """
    clock = read_row_clock(timestamps, rate_hz, repeated)
    nearest = nearest_samples(clock.after_us, rate_hz)
    placed = np.where(nearest < _MAX_SECONDS * rate_hz, separate(nearest), LEFT_OUT)
    second, own = np.unique(placed[placed >= 0] // rate_hz, return_inverse=True)
    cell = np.full(len(timestamps), LEFT_OUT, np.int64)
    has_place = clock.row[placed >= 0]
    cell[has_place] = own.reshape(-1) * rate_hz + placed[placed >= 0] % rate_hz
    unplaced = np.flatnonzero(cell == LEFT_OUT).tolist()
    return RowGrid(
        second=second.astype(np.int32),
        cell=cell,
        rate_hz=rate_hz,
        started_at=clock.started_at,
        left_out=tuple(row for row in unplaced if row not in repeated),
        moved=int(((placed >= 0) & (placed != nearest)).sum()),
        unknown=clock.unknown,
        jumps=clock.jumps,
    )


def spread(series: Series, grid: RowGrid) -> Series:
    """A series of one sample a row, on the grid."""
    cells = grid.cell[series.rows]
    counts = np.full((len(grid.second), grid.rate_hz), MISSING, np.int32)
    counts.reshape(-1)[cells[cells >= 0]] = series.counts[cells >= 0, 0]
    has_sample = (counts != MISSING).any(axis=1)
    rows = np.flatnonzero(has_sample).astype(np.int32)
    return Series(series.parameter, rows, counts[has_sample], grid.offsets_s, series.text)


def can_be_placed(rate_hz: int) -> bool:
    """True for rates that a recording may have above one a second."""
    return 1 < rate_hz <= _MAX_RATE_HZ
