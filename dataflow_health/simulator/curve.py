"""Quantities over time, eight times a second, drawn from the legs of a flight."""

from itertools import accumulate

import numpy as np

from dataflow_health.simulator.convert import Floats
from dataflow_health.simulator.schedule import Leg, Power

GRID_HZ = 8
"""Samples a second: the fastest rate of the generic layouts."""

Legs = tuple[Leg, ...]


def at_s(duration_s: int) -> Floats:
    """Seconds of every sample, float64 (duration_s * GRID_HZ,)."""
    return np.arange(duration_s * GRID_HZ) / GRID_HZ


def knots(plan: Legs, duration_s: int, at_ends: list[float], soft_s: float) -> Floats:
    """Straight lines between the values at the ends of legs, their corners rounded off."""
    ends_s = np.cumsum([0.0, *(leg.duration_s for leg in plan)])
    return smooth(np.interp(at_s(duration_s), ends_s, [at_ends[0], *at_ends]), soft_s)


def smooth(line: Floats, over_s: float) -> Floats:
    """A moving average with a Hann window, the ends held."""
    size = int(over_s * GRID_HZ) | 1
    window = np.hanning(size + 2)[1:-1]
    padded = np.pad(line, size // 2, mode="edge")
    return np.convolve(padded, window / window.sum(), mode="valid")


def lagged(target: Floats, lag_s: float, start: float) -> Floats:
    """First-order lag, computed once a second and drawn through."""
    share = 1 / lag_s
    steps = accumulate(target[::GRID_HZ].tolist(), lambda y, x: y + share * (x - y), initial=start)
    each: Floats = np.fromiter(steps, dtype=np.float64)[1:]
    return np.interp(np.arange(len(target)) / GRID_HZ, np.arange(len(each)), each)


def slope(line: Floats) -> Floats:
    """Change a second."""
    return np.asarray(np.gradient(line, 1 / GRID_HZ), dtype=np.float64)


def asked(plan: Legs, duration_s: int, power: Power) -> Floats:
    """1 while the legs ask for that power, else 0."""
    ends_s = np.cumsum([leg.duration_s for leg in plan])
    index = np.searchsorted(ends_s, at_s(duration_s), side="right").clip(max=len(plan) - 1)
    flags: Floats = np.array([float(leg.power == power) for leg in plan])
    chosen: Floats = flags[index]
    return chosen


def begins_s(plan: Legs, power: Power) -> float:
    """Second in which the first leg with that power begins."""
    order = [leg.power for leg in plan].index(power)
    return sum(leg.duration_s for leg in plan[:order])
