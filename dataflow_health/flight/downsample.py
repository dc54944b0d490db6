"""Fewer points that look the same: the lowest and highest sample of each column of a plot."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def keep_extremes(at_s: Floats, values: Floats, columns: int) -> tuple[Floats, Floats]:
    """The first, last, lowest and highest known sample of each of some equal time spans.

    A line through them covers the same pixels as one through all samples, when every span is at
    most one pixel wide.

    Args:
        at_s: Times, ascending.
        values: Value at each time; NaN where it is missing.
        columns: Number of spans.

    Returns:
        At most four samples per span, in order of time; all when there are no more than that.
    """
    is_known = ~np.isnan(values)
    at_s, values = at_s[is_known], values[is_known]
    if len(values) <= 4 * columns:
        return at_s, values
    edges = at_s[0] + (at_s[-1] - at_s[0]) * np.arange(columns) / columns
    begins = np.unique(np.searchsorted(at_s, edges))
    ends = np.append(begins[1:], len(values))
    parts = [values[begin:end] for begin, end in zip(begins, ends, strict=True)]
    lowest = begins + [int(part.argmin()) for part in parts]
    highest = begins + [int(part.argmax()) for part in parts]
    kept = np.unique(np.concatenate([begins, ends - 1, lowest, highest]))
    return at_s[kept], values[kept]


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
