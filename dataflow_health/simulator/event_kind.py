"""What a kind of event is, and the builders that most kinds are declared with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from dataflow_health.simulator.convert import Floats
from dataflow_health.simulator.excursion import Channel, Swing, Window, held_at, one, swung
from dataflow_health.simulator.sampling import Readings

Mask = npt.NDArray[np.bool_]
Known = Mapping[str, Floats]
"""float64 (seconds, samples in a row) by parameter name."""

Measure = Callable[[Known], Floats]
"""Readings to one quantity, float64 (seconds, samples)."""

Change = Callable[[Known, Window, float], Readings]
"""Readings, window and peak to the parameters that change."""

CRUISE = frozenset({"cruise"})


def everywhere(readings: Known) -> Mask:
    """All seconds suit."""
    return np.ones(len(next(iter(readings.values()))), dtype=np.bool_)


def as_given(readings: Known, window: Window) -> Window:  # noqa: ARG001
    """The event is where it was put."""
    return window


@dataclass(frozen=True, slots=True)
class EventKind:
    """One known thing that can happen.

    Attributes:
        describes: For people.
        measure: What the peak of a finding is the extreme of.
        unit: Of the measure.
        take: Which extreme.
        peak: How far it goes by default, as ``change`` understands it: where nothing else is said,
            the peak of ``measure``.
        lasting_s: Default length.
        change: Puts it into the readings.
        during: Planned phases in which it may lie.
        margin_s: Seconds before and after that belong to its phase too.
        fits: Which seconds suit it.
        extent: First and last second of what will be found, when that is not where it was put.
        every_s: Seconds between samples of what it changes, the first of them at ``first_s``: the
            event begins with a sample and ends before one.
        needs_autorotation: Whether the flight must have one.
        shortest_flight_s: Seconds of recording that it needs.
        also: Other algorithms that rightly find it as well.
    """

    describes: str
    measure: Measure
    unit: str
    take: Literal["max", "min"]
    peak: float
    lasting_s: int
    change: Change
    during: frozenset[str] = CRUISE
    margin_s: int = 8
    fits: Callable[[Known], Mask] = everywhere
    extent: Callable[[Known, Window], Window] = as_given
    every_s: int = 1
    first_s: int = 0
    needs_autorotation: bool = False
    shortest_flight_s: int = 0
    also: tuple[str, ...] = ()


def swings(channel: Channel, safe: float, beyond: float, lead_s: float = 4.0) -> Change:
    """An excursion of one quantity."""
    swing = Swing(safe, beyond, lead_s)

    def change(readings: Known, window: Window, peak: float) -> Readings:
        return channel.write(readings, swung(channel.read(readings), window, swing, peak))

    return change


def low(
    name: str, unit: str, describes: str, limits: tuple[float, float, float], lasting_s: int
) -> EventKind:
    """A parameter below its limit for a while in cruise; limits are safe, beyond, peak."""
    safe, beyond, peak = limits
    change = swings(one(name), safe, beyond)
    return EventKind(describes, one(name).read, unit, "min", peak, lasting_s, change)


def high(
    name: str, unit: str, describes: str, limits: tuple[float, float, float], lasting_s: int,
    lead_s: int = 6,
) -> EventKind:  # fmt: skip
    """A parameter above its limit for a while in cruise; limits are safe, beyond, peak."""
    safe, beyond, peak = limits
    change = swings(one(name), safe, beyond, lead_s)
    return EventKind(
        describes, one(name).read, unit, "max", peak, lasting_s, change, margin_s=lead_s + 2
    )


def switched_on(name: str, describes: str) -> EventKind:
    """A discrete that comes on."""

    def change(readings: Known, window: Window, peak: float) -> Readings:
        return {name: held_at(readings[name], window, peak)}

    return EventKind(describes, one(name).read, "", "max", 1.0, 6, change)


def between(name: str, lowest: float, highest: float) -> Callable[[Known], Mask]:
    """Seconds in which all samples of a parameter lie inside."""
    return lambda readings: (
        (readings[name].min(axis=1) > lowest) & (readings[name].max(axis=1) < highest)
    )


def change_over(name: str, back_s: float) -> Measure:
    """A parameter less its value so long before, zero at the start."""

    def measure(readings: Known) -> Floats:
        rows = readings[name]
        flat, back = rows.reshape(-1), round(back_s * rows.shape[1])
        return np.concatenate((np.zeros(back), flat[back:] - flat[:-back])).reshape(rows.shape)

    return measure


def airborne(readings: Known) -> Mask:
    """Seconds off the wheels."""
    return readings["weight_on_wheels"][:, 0] < 0.5


def touchdown(readings: Known) -> Mask:
    """The one second in which the wheels take the weight."""
    off = airborne(readings)
    return ~off & np.concatenate(([False], off[:-1]))


def steady(readings: Known) -> Mask:
    """Level flight in which torque changes little over a dozen seconds."""
    torque = np.pad(readings["engine_1_torque_pct"].mean(axis=1), 6, mode="edge")
    climb_ft_min = readings["vertical_speed_ft_min"].mean(axis=1)
    suits: Mask = (np.abs(torque[12:] - torque[:-12]) < 5.5) & (np.abs(climb_ft_min) < 120)
    return suits
