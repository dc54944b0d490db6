"""Excursions of readings out of their limits and back, with edges on whole seconds.

Just before the first second of an event its quantity is within the limit; in that second it is
beyond, by far more than the noise. Start, end and peak are therefore known exactly.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from dataflow_health.simulator.convert import Floats
from dataflow_health.simulator.sampling import Readings


@dataclass(frozen=True, slots=True)
class Window:
    """First and last second of an event.

    Attributes:
        start_s: First second.
        end_s: Last second, inclusive.
    """

    start_s: int
    end_s: int


@dataclass(frozen=True, slots=True)
class Channel:
    """A quantity of a flight that can be read from parameters and written to them.

    Attributes:
        names: Parameters from which it is computed.
        read: Function that returns the quantity, float64 (seconds, samples).
        write: Function that returns changed parameters that have the given quantity.
    """

    names: tuple[str, ...]
    read: Callable[[Mapping[str, Floats]], Floats]
    write: Callable[[Mapping[str, Floats], Floats], Readings]


@dataclass(frozen=True, slots=True)
class Excursion:
    """Movement of a quantity out of its limits and back.

    Attributes:
        safe: Value just within the limit, reached before and after the event.
        beyond: Value just beyond the limit, at the edges of the event.
        lead_s: Seconds from the flight's own value to ``safe``, and back afterwards.
    """

    safe: float
    beyond: float
    lead_s: float = 4.0


def single(name: str) -> Channel:
    """A single parameter."""
    return Channel((name,), lambda readings: readings[name], lambda _, new: {name: new})


def equal_pair(first: str, second: str) -> Channel:
    """Two parameters of the same rate; writing makes them equal, reading returns the first."""
    return Channel(
        (first, second),
        lambda readings: readings[first],
        lambda _, new: {first: new, second: new.copy()},
    )


def difference(first: str, second: str) -> Channel:
    """First parameter minus the second; writing keeps their mean."""

    def write(readings: Mapping[str, Floats], new: Floats) -> Readings:
        mean = (readings[first] + readings[second]) / 2
        return {first: mean + new / 2, second: mean - new / 2}

    return Channel((first, second), lambda readings: readings[first] - readings[second], write)


def row_times_s(rows: Floats) -> Floats:
    """Time of each sample of (seconds, samples), in seconds since the start."""
    seconds, samples = rows.shape
    times_s: Floats = np.arange(seconds)[:, None] + np.arange(samples)[None, :] / samples
    return times_s


def apply_excursion(rows: Floats, window: Window, excursion: Excursion, peak: float) -> Floats:
    """Adds one excursion to readings.

    Args:
        rows: float64 (seconds, samples).
        window: Seconds beyond the limit.
        excursion: Values at its edges.
        peak: Value in the middle half of the window.

    Returns:
        A changed copy.
    """
    at_s, stop_s = row_times_s(rows), window.end_s + 1
    inside = (at_s >= window.start_s) & (at_s < stop_s)
    share = (at_s - window.start_s) / (stop_s - window.start_s)
    depth = np.clip(2 * (1 - np.abs(2 * share - 1)), 0, 1)
    distance_s = np.maximum(window.start_s - at_s, at_s - (stop_s - 1 / rows.shape[1]))
    weight = (
        np.clip(1 - distance_s / excursion.lead_s, 0, 1)
        if excursion.lead_s
        else np.zeros_like(at_s)
    )
    outside = rows * (1 - weight) + excursion.safe * weight
    return np.where(inside, excursion.beyond + (peak - excursion.beyond) * depth, outside)


def hold_value(rows: Floats, window: Window, value: float) -> Floats:
    """Sets readings to a constant value in a window; returns a changed copy."""
    at_s = row_times_s(rows)
    inside = (at_s >= window.start_s) & (at_s < window.end_s + 1)
    return np.where(inside, value, rows)


def piecewise_linear(rows: Floats, points: Mapping[float, float]) -> Floats:
    """Replaces readings by straight lines between points; readings outside stay unchanged.

    Args:
        rows: float64 (seconds, samples).
        points: Value by second; NaN stands for the flight's own value.

    Returns:
        A changed copy.
    """
    at_s = row_times_s(rows)
    flat_s, flat = at_s.reshape(-1), rows.reshape(-1)
    knots_s = np.array(sorted(points))
    own = np.interp(knots_s, flat_s, flat)
    given = np.array([points[second] for second in knots_s.tolist()])
    line = np.interp(at_s, knots_s, np.where(np.isnan(given), own, given))
    return np.where((at_s >= knots_s[0]) & (at_s <= knots_s[-1]), line, rows)
