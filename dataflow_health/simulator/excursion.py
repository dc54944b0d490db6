"""Shapes that take readings out of their limits and back, with edges that fall on whole seconds.

Just before an event's first second its quantity stands on the safe side of the limit, and in that
second it stands beyond, by far more than the noise. So start, end and peak are known exactly.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from dataflow_health.simulator.convert import Floats
from dataflow_health.simulator.sampling import Readings


@dataclass(frozen=True, slots=True)
class Window:
    """The seconds of an event.

    Attributes:
        start_s: First second.
        end_s: Last second, included.
    """

    start_s: int
    end_s: int


@dataclass(frozen=True, slots=True)
class Channel:
    """One quantity of a flight that can be read and written.

    Attributes:
        names: Parameters it is made of.
        read: Gives it, float64 (seconds, samples).
        write: Gives those parameters such that reading gives the quantity back.
    """

    names: tuple[str, ...]
    read: Callable[[Mapping[str, Floats]], Floats]
    write: Callable[[Mapping[str, Floats], Floats], Readings]


@dataclass(frozen=True, slots=True)
class Swing:
    """Out of the limits and back.

    Attributes:
        safe: Value just inside the limit, reached before and after the event.
        beyond: Value just outside, at the event's edges.
        lead_s: Seconds from the flight's own value to ``safe``, and back after.
    """

    safe: float
    beyond: float
    lead_s: float = 4.0


def one(name: str) -> Channel:
    """A parameter alone."""
    return Channel((name,), lambda readings: readings[name], lambda _, new: {name: new})


def both(first: str, second: str) -> Channel:
    """Two parameters of one rate that are made equal; the first is what is read."""
    return Channel(
        (first, second),
        lambda readings: readings[first],
        lambda _, new: {first: new, second: new.copy()},
    )


def apart(first: str, second: str) -> Channel:
    """How far the first is above the second; their mean stays as it is."""

    def write(readings: Mapping[str, Floats], new: Floats) -> Readings:
        mean = (readings[first] + readings[second]) / 2
        return {first: mean + new / 2, second: mean - new / 2}

    return Channel((first, second), lambda readings: readings[first] - readings[second], write)


def times_s(rows: Floats) -> Floats:
    """Seconds since the start, of each sample of (seconds, samples)."""
    seconds, samples = rows.shape
    at_s: Floats = np.arange(seconds)[:, None] + np.arange(samples)[None, :] / samples
    return at_s


def swung(rows: Floats, window: Window, swing: Swing, peak: float) -> Floats:
    """Readings with one swing in them.

    Args:
        rows: float64 (seconds, samples).
        window: When it is beyond the limit.
        swing: Its edges.
        peak: Value held in the middle half of the window.

    Returns:
        A changed copy.
    """
    at_s, stop_s = times_s(rows), window.end_s + 1
    inside = (at_s >= window.start_s) & (at_s < stop_s)
    part = (at_s - window.start_s) / (stop_s - window.start_s)
    depth = np.clip(2 * (1 - np.abs(2 * part - 1)), 0, 1)
    away_s = np.maximum(window.start_s - at_s, at_s - (stop_s - 1 / rows.shape[1]))
    near = np.clip(1 - away_s / swing.lead_s, 0, 1) if swing.lead_s else np.zeros_like(at_s)
    outside = rows * (1 - near) + swing.safe * near
    return np.where(inside, swing.beyond + (peak - swing.beyond) * depth, outside)


def held_at(rows: Floats, window: Window, value: float) -> Floats:
    """Readings that say one thing all through a window; a changed copy."""
    at_s = times_s(rows)
    inside = (at_s >= window.start_s) & (at_s < window.end_s + 1)
    return np.where(inside, value, rows)


def drawn(rows: Floats, points: Mapping[float, float]) -> Floats:
    """Readings that follow straight lines between (second, value) points, untouched outside.

    Args:
        rows: float64 (seconds, samples).
        points: Value by second; a value of NaN stands for what the flight itself has there.

    Returns:
        A changed copy.
    """
    at_s = times_s(rows)
    flat_s, flat = at_s.reshape(-1), rows.reshape(-1)
    knots_s = np.array(sorted(points))
    own = np.interp(knots_s, flat_s, flat)
    given = np.array([points[second] for second in knots_s.tolist()])
    line = np.interp(at_s, knots_s, np.where(np.isnan(given), own, given))
    return np.where((at_s >= knots_s[0]) & (at_s <= knots_s[-1]), line, rows)
