"""Holding samples: what a parameter is worth between its samples, and where nobody can know."""

import numpy as np
import numpy.typing as npt

from dataflow_health.flight.algorithms.expression import Values

Indices = npt.NDArray[np.intp]

MIN_INTERVALS = 4
"""Distances between samples that it takes to tell a slow parameter from a fast one with holes."""


def segment_numbers(second: npt.NDArray[np.int32]) -> Indices:
    """Number, from 1, of the stretch without a lost second that each row lies in."""
    return np.cumsum(np.diff(second, prepend=np.int32(-2)) != 1)


def hold_samples(values: Values, stretch: Indices) -> Values:
    """Fills the holes of a parameter slower than once a second with its last value.

    A value stands until the next is due, never longer, and never across a gap. When that is, the
    recording itself tells: see :func:`_sample_period`.

    Args:
        values: float64 (n, samples a second).
        stretch: (n,), from :func:`segment_numbers`.

    Returns:
        float64 of the same shape.
    """
    missing = np.isnan(values)
    if values.shape[1] > 1 or not missing.any() or missing.all():
        return values
    there = np.flatnonzero(~missing[:, 0])
    period = _sample_period(there, stretch[there])
    return _hold_for(values[:, 0], there, stretch, period)[:, None] if period > 1 else values


def upsample(values: Values, rate_hz: int) -> Values:
    """Repeats samples to a faster rate: (n, samples a second) to (n * rate,)."""
    samples = values.shape[1]
    if samples == rate_hz:
        return values.ravel()
    return values[:, np.arange(rate_hz) * samples // rate_hz].ravel()


def mean_per_second(values: Values) -> Values:
    """Mean of the samples that are there, (n, samples a second) to (n,), NaN where none is."""
    if values.shape[1] == 1:
        return values[:, 0]
    there = ~np.isnan(values)
    count = there.sum(axis=1)
    total = np.where(there, values, 0.0).sum(axis=1)
    mean: Values = np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0)
    return mean


def _sample_period(there: Indices, stretch: Indices) -> int:
    """Rows from one value to when the next is due.

    The upper quartile of what was recorded: a parameter in subframes 1 and 2 of 4 has distances 1,
    3, 1, 3, and a few lost samples of one that comes every second must not stretch its period.
    """
    apart = np.diff(there)[np.diff(stretch) == 0]
    return int(np.quantile(apart, 0.75, method="higher")) if len(apart) >= MIN_INTERVALS else 1


def _hold_for(values: Values, there: Indices, stretch: Indices, period: int) -> Values:
    rows = np.arange(len(values))
    latest = np.full(len(values), -1, dtype=np.intp)
    latest[there] = there
    latest = np.maximum.accumulate(latest)
    fresh = (latest >= 0) & (rows - latest < period) & (stretch == stretch[latest])
    return np.where(fresh, values[latest], np.nan)
