"""Holds samples: the value of a parameter between two samples, and where it is unknown."""

import numpy as np
import numpy.typing as npt

from dataflow_health.flight.algorithms.expression import Values

Indices = npt.NDArray[np.intp]

MIN_INTERVALS = 4
"""Sample intervals needed to distinguish a slow parameter from a fast one with lost samples."""

_DUE_QUANTILE = 0.75
"""Quantile of the sample intervals after which the next sample is due."""


def segment_numbers(second: npt.NDArray[np.int32]) -> Indices:
    """Number, from 1, of each row's segment; a segment has no lost second."""
    return np.cumsum(np.diff(second, prepend=np.int32(-2)) != 1)


def hold_samples(values: Values, segment: Indices) -> Values:
    """Fills the rows between the samples of a slow parameter with the last value.

    A value holds until the next sample is due, never longer, and never across a gap. The recording
    itself shows when that is: see :func:`_sample_period`.

    Args:
        values: float64 (n, samples per second).
        segment: (n,), from :func:`segment_numbers`.

    Returns:
        float64 of the same shape.
    """
    is_missing = np.isnan(values)
    if values.shape[1] > 1 or not is_missing.any() or is_missing.all():
        return values
    sampled = np.flatnonzero(~is_missing[:, 0])
    period = _sample_period(sampled, segment[sampled])
    return _hold_for(values[:, 0], sampled, segment, period)[:, None] if period > 1 else values


def upsample(values: Values, rate_hz: int) -> Values:
    """Repeats samples to a higher rate: (n, samples per second) to (n * rate,)."""
    samples = values.shape[1]
    if samples == rate_hz:
        return values.ravel()
    return values[:, np.arange(rate_hz) * samples // rate_hz].ravel()


def mean_per_second(values: Values) -> Values:
    """Mean of the known samples of each row, (n, samples per second) to (n,); NaN without any."""
    if values.shape[1] == 1:
        return values[:, 0]
    total, count = np.zeros(len(values)), np.zeros(len(values))
    for samples in values.T:  # numpy sums whole columns ten times as fast as short rows
        is_known = ~np.isnan(samples)
        total += np.where(is_known, samples, 0.0)
        count += is_known
    mean: Values = np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0)
    return mean


def _sample_period(sampled: Indices, segment: Indices) -> int:
    """Rows from one sample to when the next is due.

    The upper quartile of the recorded intervals: a parameter in subframes 1 and 2 of 4 has
    intervals 1, 3, 1, 3, and a few lost samples of a parameter that comes every second must not
    lengthen its period.

    Args:
        sampled: Rows with a sample.
        segment: Segment of each row.
    """
    intervals = np.diff(sampled)[np.diff(segment) == 0]
    if len(intervals) < MIN_INTERVALS:
        return 1
    return int(np.quantile(intervals, _DUE_QUANTILE, method="higher"))


def _hold_for(values: Values, sampled: Indices, segment: Indices, period: int) -> Values:
    """Each row's latest sample, NaN where it is ``period`` rows old or before a gap."""
    rows = np.arange(len(values))
    latest = np.full(len(values), -1, dtype=np.intp)
    latest[sampled] = sampled
    latest = np.maximum.accumulate(latest)
    is_fresh = (latest >= 0) & (rows - latest < period) & (segment == segment[latest])
    return np.where(is_fresh, values[latest], np.nan)
