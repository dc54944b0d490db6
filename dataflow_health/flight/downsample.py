"""Fewer points that look the same: the lowest and highest sample of each column of a plot."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

BLOCK = 256
"""Samples whose lowest and highest are found once, so that a wide plot reads them only."""
FEWEST_BLOCKS = 8
"""Blocks in a column from which on the blocks are read instead of their samples. The edge of a
column then moves by less than one block: an eighth of a pixel at most."""


@dataclass(frozen=True, slots=True)
class Extremes:
    """Places of the lowest and the highest sample of each whole block of :data:`BLOCK` samples."""

    lowest: Indices
    highest: Indices

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""
        return self.lowest.nbytes + self.highest.nbytes


def find_extremes(values: Floats) -> Extremes:
    """Lowest and highest sample of each block; ``values`` without NaN."""
    blocks = len(values) // BLOCK
    whole = values[: blocks * BLOCK].reshape(blocks, BLOCK)
    first = np.arange(blocks, dtype=np.int64) * BLOCK
    return Extremes(first + whole.argmin(axis=1), first + whole.argmax(axis=1))


def keep_extremes(
    at_s: Floats, values: Floats, columns: int, extremes: Extremes | None = None
) -> tuple[Floats, Floats]:
    """The first, last, lowest and highest known sample of each of some equal time spans.

    A line through them covers the same pixels as one through all samples, when every span is at
    most one pixel wide.

    Args:
        at_s: Times, ascending.
        values: Value at each time; NaN where it is missing.
        columns: Number of spans.
        extremes: Those of the values' blocks, when they are known; then no value is NaN.

    Returns:
        At most four samples per span, in order of time; all when there are no more than that.
    """
    if extremes is None:
        is_known = ~np.isnan(values)
        at_s, values = at_s[is_known], values[is_known]
    return keep_extremes_of(at_s, values, columns, extremes, 0, len(values))


def keep_extremes_of(
    at_s: Floats, values: Floats, columns: int, extremes: Extremes | None, begin: int, end: int
) -> tuple[Floats, Floats]:
    """As :func:`keep_extremes`, for the samples from ``begin`` to before ``end``; none is NaN."""
    if end - begin <= 4 * columns:
        return at_s[begin:end], values[begin:end]
    edges = at_s[begin] + (at_s[end - 1] - at_s[begin]) * np.arange(columns) / columns
    begins = np.unique(np.searchsorted(at_s[begin:end], edges)) + begin
    ends = np.append(begins[1:], end)
    if extremes is not None and end - begin >= FEWEST_BLOCKS * BLOCK * columns:
        found = _of_blocks(values, extremes, begins, end)
    else:
        found = _of_samples(values, begins, ends)
    kept = np.unique(np.concatenate([begins, ends - 1, found]))
    return at_s[kept], values[kept]


def _of_samples(values: Floats, begins: Indices, ends: Indices) -> Indices:
    """Lowest and highest sample of each span."""
    parts = [values[first:last] for first, last in zip(begins, ends, strict=True)]
    lowest = begins + np.array([part.argmin() for part in parts], np.int64)
    highest = begins + np.array([part.argmax() for part in parts], np.int64)
    return np.concatenate([lowest, highest])


def _of_blocks(values: Floats, extremes: Extremes, begins: Indices, end: int) -> Indices:
    """Lowest and highest sample of each span whose inner edges are moved to those of blocks."""
    first = -(-begins[0] // BLOCK)
    edges = np.unique(np.maximum(np.append(begins // BLOCK, end // BLOCK), first))
    blocks = slice(edges[0], edges[-1])
    lows, highs = values[extremes.lowest[blocks]], values[extremes.highest[blocks]]
    inner = edges - edges[0]
    spans = len(inner) - 1
    lowest = _of_samples(lows, inner[:-1], inner[1:])[:spans] + edges[0]
    highest = _of_samples(highs, inner[:-1], inner[1:])[spans:] + edges[0]
    rest = [(begins[0], edges[0] * BLOCK), (edges[-1] * BLOCK, end)]
    outer = np.array([part for part in rest if part[0] < part[1]], np.int64).reshape(-1, 2)
    cut_off = _of_samples(values, outer[:, 0], outer[:, 1])
    return np.concatenate([extremes.lowest[lowest], extremes.highest[highest], cut_off])


def long_gaps(at_s: Floats, period_s: float) -> Floats:
    """(n, 2), last sample before and first after each time without one.

    Args:
        at_s: Times of known samples, ascending.
        period_s: Usual time between two; a gap is longer than one and a half of it.
    """
    before = np.flatnonzero(np.diff(at_s) > 1.5 * period_s)
    return np.stack([at_s[before], at_s[before + 1]], axis=1)


def break_at_gaps(at_s: Floats, values: Floats, gaps: Floats) -> tuple[Floats, Floats]:
    """Samples with a NaN inside each gap, so that no line is drawn across it.

    Args:
        at_s: Times, ascending.
        values: Value at each time.
        gaps: (n, 2), last second before and first second after each gap.
    """
    middles = gaps.mean(axis=1)
    where = np.searchsorted(at_s, middles)
    is_inside = (where > 0) & (where < len(at_s))
    where, middles = where[is_inside], middles[is_inside]
    return np.insert(at_s, where, middles), np.insert(values, where, np.nan)
