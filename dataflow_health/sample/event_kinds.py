"""The events that can be put into a flight: one for every algorithm that is shipped.

Limits are those of ``config/algorithms``: each event goes beyond its own by many counts and stays
inside all others. A name is the file stem of the algorithm that must find it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from dataflow_health.sample.convert import Floats
from dataflow_health.sample.excursion import Channel, Swing, Window, apart, both, held_at, one, swung
from dataflow_health.sample.sampling import Readings

Mask = npt.NDArray[np.bool_]
Change = Callable[[Mapping[str, Floats], Window, float], Readings]
"""Readings, window and peak to the parameters that change."""

CRUISE = frozenset({"cruise"})
AIRBORNE = frozenset({"hover", "climb", "cruise", "autorotation", "descent", "approach"})


@dataclass(frozen=True, slots=True)
class EventKind:
    """One known thing that can happen.

    Attributes:
        describes: For people.
        measured: What its peak is the extreme of.
        take: Which extreme.
        peak: Default peak, in the unit of ``measured``.
        lasting_s: Default length.
        change: Puts it into the readings.
        during: Planned phases in which it may lie.
        margin_s: Seconds before and after that are changed too.
        fits: Which seconds suit it, among those of the phases; None when all do.
        needs_autorotation: Whether the flight must have one.
        shortest_flight_s: Seconds of flight that it needs.
        until_landing: Whether it then goes on to the last second in the air.
        also: Other algorithms that rightly find it as well.
    """

    describes: str
    measured: Channel
    take: Literal["max", "min"]
    peak: float
    lasting_s: int
    change: Change
    during: frozenset[str] = CRUISE
    margin_s: int = 6
    fits: Callable[[Mapping[str, Floats]], Mask] | None = None
    needs_autorotation: bool = False
    shortest_flight_s: int = 0
    until_landing: bool = False
    also: tuple[str, ...] = ()


def swings(channel: Channel, safe: float, beyond: float, lead_s: float = 4.0) -> Change:
    """An excursion of one quantity."""
    swing = Swing(safe, beyond, lead_s)

    def change(readings: Mapping[str, Floats], window: Window, peak: float) -> Readings:
        return channel.write(readings, swung(channel.read(readings), window, swing, peak))

    return change


def _low(
    name: str, describes: str, limits: tuple[float, float, float], lasting_s: int
) -> EventKind:
    """A parameter below its limit for a while in cruise: safe, beyond, peak."""
    safe, beyond, peak = limits
    return EventKind(describes, one(name), "min", peak, lasting_s, swings(one(name), safe, beyond))


def _high(
    name: str, describes: str, limits: tuple[float, float, float], lasting_s: int, lead_s: int = 6
) -> EventKind:
    """A parameter above its limit for a while in cruise: safe, beyond, peak."""
    safe, beyond, peak = limits
    change = swings(one(name), safe, beyond, lead_s)
    return EventKind(
        describes, one(name), "max", peak, lasting_s, change, margin_s=lead_s + 2
    )


def _chip(name: str, describes: str) -> EventKind:
    def change(readings: Mapping[str, Floats], window: Window, peak: float) -> Readings:
        return {name: held_at(readings[name], window, peak)}

    return EventKind(describes, one(name), "max", 1.0, 6, change)


def _between(name: str, low: float, high: float) -> Callable[[Mapping[str, Floats]], Mask]:
    return lambda readings: (
        (readings[name].min(axis=1) > low) & (readings[name].max(axis=1) < high)
    )


def _both(
    first: Callable[[Mapping[str, Floats]], Mask], second: Callable[[Mapping[str, Floats]], Mask]
) -> Callable[[Mapping[str, Floats]], Mask]:
    return lambda readings: first(readings) & second(readings)
