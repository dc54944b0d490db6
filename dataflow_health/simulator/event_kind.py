"""Definition of a kind of event, and the builders for most kinds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from dataflow_health.simulator.convert import Floats
from dataflow_health.simulator.excursion import (
    Channel,
    Excursion,
    Window,
    apply_excursion,
    hold_value,
    single,
)
from dataflow_health.simulator.sampling import Readings

Mask = npt.NDArray[np.bool_]
ReadingsView = Mapping[str, Floats]
"""float64 (seconds, samples in a row) by parameter name."""

Measure = Callable[[ReadingsView], Floats]
"""Function of readings that returns one quantity, float64 (seconds, samples)."""

ReadingsChange = Callable[[ReadingsView, Window, float], Readings]
"""Function of readings, window and peak that returns the changed parameters."""

CRUISE = frozenset({"cruise"})


def any_second(readings: ReadingsView) -> Mask:
    """Every second is suitable."""
    return np.ones(len(next(iter(readings.values()))), dtype=np.bool_)


def unchanged_window(readings: ReadingsView, window: Window) -> Window:  # noqa: ARG001
    """The event is found exactly in its window."""
    return window


@dataclass(frozen=True, slots=True)
class EventKind:
    """A kind of event that can be injected into a flight.

    Attributes:
        describes: Description for people.
        measure: Quantity whose extreme is the peak of the finding.
        unit: Unit of the measure.
        take: Which extreme is the peak.
        peak: Default argument of ``change``, usually the peak of ``measure``.
        lasting_s: Default duration.
        change: Function that changes the readings.
        during: Planned flight phases in which the event may occur.
        margin_s: Seconds before and after the event that must be in the same phases.
        fits: Function that returns the suitable seconds.
        extent: Function that returns the window of the finding, if it differs from the event's.
        sample_interval_s: Seconds between samples of the changed parameter. The event starts at a
            sample and ends before one.
        first_sample_s: Second of the first sample.
        needs_autorotation: Whether the flight must include an autorotation.
        shortest_flight_s: Minimum duration of the flight.
        also_found_by: Other algorithms that correctly find the event too.
    """

    describes: str
    measure: Measure
    unit: str
    take: Literal["max", "min"]
    peak: float
    lasting_s: int
    change: ReadingsChange
    during: frozenset[str] = CRUISE
    margin_s: int = 8
    fits: Callable[[ReadingsView], Mask] = any_second
    extent: Callable[[ReadingsView, Window], Window] = unchanged_window
    sample_interval_s: int = 1
    first_sample_s: int = 0
    needs_autorotation: bool = False
    shortest_flight_s: int = 0
    also_found_by: tuple[str, ...] = ()


def excursion(channel: Channel, safe: float, beyond: float, lead_s: float = 4.0) -> ReadingsChange:
    """Change that moves one quantity out of its limits and back."""
    swing = Excursion(safe, beyond, lead_s)

    def change(readings: ReadingsView, window: Window, peak: float) -> Readings:
        return channel.write(readings, apply_excursion(channel.read(readings), window, swing, peak))

    return change


def below(
    name: str, unit: str, describes: str, limits: tuple[float, float, float], lasting_s: int
) -> EventKind:
    """Event of a parameter below its limit in cruise; ``limits`` are safe, beyond and peak."""
    safe, beyond, peak = limits
    change = excursion(single(name), safe, beyond)
    return EventKind(describes, single(name).read, unit, "min", peak, lasting_s, change)


def above(
    name: str, unit: str, describes: str, limits: tuple[float, float, float], lasting_s: int,
    lead_s: int = 6,
) -> EventKind:  # fmt: skip
    """Event of a parameter above its limit in cruise; ``limits`` are safe, beyond and peak."""
    safe, beyond, peak = limits
    change = excursion(single(name), safe, beyond, lead_s)
    return EventKind(
        describes, single(name).read, unit, "max", peak, lasting_s, change, margin_s=lead_s + 2
    )


def discrete_on(name: str, describes: str) -> EventKind:
    """Event of a discrete parameter that switches on."""

    def change(readings: ReadingsView, window: Window, peak: float) -> Readings:
        return {name: hold_value(readings[name], window, peak)}

    return EventKind(describes, single(name).read, "", "max", 1.0, 6, change)


def within(name: str, lowest: float, highest: float) -> Callable[[ReadingsView], Mask]:
    """Selects the seconds in which all samples of a parameter are within a range."""
    return lambda readings: (
        (readings[name].min(axis=1) > lowest) & (readings[name].max(axis=1) < highest)
    )


def change_over(name: str, interval_s: float) -> Measure:
    """Change of a parameter over an interval; zero at the start of the flight."""

    def measure(readings: ReadingsView) -> Floats:
        rows = readings[name]
        flat, lag = rows.reshape(-1), round(interval_s * rows.shape[1])
        return np.concatenate((np.zeros(lag), flat[lag:] - flat[:-lag])).reshape(rows.shape)

    return measure


def airborne(readings: ReadingsView) -> Mask:
    """Seconds without weight on wheels."""
    return readings["weight_on_wheels"][:, 0] < 0.5


def touchdown(readings: ReadingsView) -> Mask:
    """The second of touchdown."""
    in_air = airborne(readings)
    return ~in_air & np.concatenate(([False], in_air[:-1]))


def steady_flight(readings: ReadingsView) -> Mask:
    """Seconds of level flight in which torque changes little over 12 seconds."""
    torque = np.pad(readings["engine_1_torque_pct"].mean(axis=1), 6, mode="edge")
    climb_ft_min = readings["vertical_speed_ft_min"].mean(axis=1)
    mask: Mask = (np.abs(torque[12:] - torque[:-12]) < 5.5) & (np.abs(climb_ft_min) < 120)
    return mask
