"""Curves of a flight's quantities, eight samples a second, computed from its legs."""

from itertools import accumulate

import numpy as np

from dataflow_health.simulator.convert import Floats
from dataflow_health.simulator.legs import Leg, Power

GRID_HZ = 8
"""Sample rate of the signals: the highest rate of the generic layouts."""

Legs = tuple[Leg, ...]


def sample_times_s(duration_s: int) -> Floats:
    """Time of every sample in seconds, float64 (duration_s * GRID_HZ,)."""
    return np.arange(duration_s * GRID_HZ) / GRID_HZ


def interpolate_legs(
    legs: Legs, duration_s: int, end_values: list[float], smooth_s: float
) -> Floats:
    """Interpolates linearly between the values at the ends of legs, then smooths the corners."""
    ends_s = np.cumsum([0.0, *(leg.duration_s for leg in legs)])
    return smooth(
        np.interp(sample_times_s(duration_s), ends_s, [end_values[0], *end_values]), smooth_s
    )


def smooth(curve: Floats, window_s: float) -> Floats:
    """Moving average with a Hann window; the end values are extended."""
    size = int(window_s * GRID_HZ) | 1
    window = np.hanning(size + 2)[1:-1]
    padded = np.pad(curve, size // 2, mode="edge")
    return np.convolve(padded, window / window.sum(), mode="valid")


def first_order_lag(target: Floats, lag_s: float, start: float) -> Floats:
    """First-order lag, computed once a second and interpolated."""
    share = 1 / lag_s
    steps = accumulate(target[::GRID_HZ].tolist(), lambda y, x: y + share * (x - y), initial=start)
    seconds: Floats = np.fromiter(steps, dtype=np.float64)[1:]
    return np.interp(np.arange(len(target)) / GRID_HZ, np.arange(len(seconds)), seconds)


def slope(curve: Floats) -> Floats:
    """Rate of change per second."""
    return np.asarray(np.gradient(curve, 1 / GRID_HZ), dtype=np.float64)


def power_mask(legs: Legs, duration_s: int, power: Power) -> Floats:
    """1 in samples of legs with this power setting, else 0."""
    ends_s = np.cumsum([leg.duration_s for leg in legs])
    index = np.searchsorted(ends_s, sample_times_s(duration_s), side="right").clip(
        max=len(legs) - 1
    )
    flags: Floats = np.array([float(leg.power == power) for leg in legs])
    mask: Floats = flags[index]
    return mask


def power_start_s(legs: Legs, power: Power) -> float:
    """Start of the first leg with this power setting, in seconds."""
    first = [leg.power for leg in legs].index(power)
    return sum(leg.duration_s for leg in legs[:first])
