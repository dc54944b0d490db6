"""Intervals of samples at which a condition holds, never across a lost second."""

import numpy as np

from dataflow_health.flight.algorithms.expression import Mask, Values
from dataflow_health.flight.algorithms.sample_hold import Indices


def find_intervals(mask: Mask, segment_starts: Mask) -> tuple[Indices, Indices]:
    """First and last sample of every run of True; a gap ends a run.

    Args:
        mask: bool (n,).
        segment_starts: bool (n,), True at the first sample after a gap.

    Returns:
        Two index arrays of the same length, ascending, the last samples included.
    """
    before = np.concatenate(([False], mask[:-1])) & ~segment_starts
    after = np.concatenate((mask[1:] & ~segment_starts[1:], [False]))
    return np.flatnonzero(mask & ~before), np.flatnonzero(mask & ~after)


def apply_hysteresis(begins: Mask, ends: Mask, segment_starts: Mask) -> Mask:
    """True from where ``begins`` holds until ``ends`` does.

    A sample where neither holds keeps the state; one where both hold is True; a gap resets to
    False.

    Args:
        begins: bool (n,).
        ends: bool (n,).
        segment_starts: bool (n,), True at the first sample after a gap.

    Returns:
        bool (n,).
    """
    decides = begins | ends | segment_starts
    latest = np.maximum.accumulate(np.where(decides, np.arange(len(decides)), 0))
    return begins[latest]


def rolling_extreme(values: Values, samples: int, extreme: np.ufunc) -> Values:
    """Extreme of each window of so many samples, by doubling: n log(samples) steps.

    Args:
        values: float64 (n,).
        samples: Window length, at least 1.
        extreme: ``np.maximum`` or ``np.minimum``; NaN anywhere in a window makes it NaN.

    Returns:
        float64 (n - samples + 1,), by the window's first sample; empty when n is smaller.
    """
    if len(values) < samples:
        return values[:0]
    width = 1
    while 2 * width <= samples:
        values = extreme(values[:-width], values[width:])
        width *= 2
    rest = samples - width
    widest: Values = extreme(values[: len(values) - rest], values[rest:])
    return widest


def window_coverage(windows: Mask, samples: int) -> Mask:
    """Every sample that lies in at least one marked window.

    Args:
        windows: bool (n - samples + 1,), by the window's first sample.
        samples: Window length, at least 1.

    Returns:
        bool (n,).
    """
    first = np.flatnonzero(windows)
    return interval_coverage(first, first + samples - 1, len(windows) + samples - 1)


def interval_coverage(first: Indices, last: Indices, length: int) -> Mask:
    """Every sample that lies in at least one of the intervals, both ends included.

    Args:
        first: First sample of each interval, in [0, length).
        last: Last sample of each interval.
        length: Number of samples.

    Returns:
        bool (length,).
    """
    steps = np.bincount(first, minlength=length + 1) - np.bincount(last + 1, minlength=length + 1)
    return np.cumsum(steps[:length]) > 0
