"""One flight from plan to counts: flown, read, changed by its events, and rounded."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from dataflow_health.flight.layout import Clock, Layout
from dataflow_health.simulator.convert import to_values
from dataflow_health.simulator.events import Event, Placed, inject, truth
from dataflow_health.simulator.physics import fly
from dataflow_health.simulator.sampling import CountTable, clock, constant, lettered, read, rounded

SOFTWARE_VERSION = 4.12


@dataclass(frozen=True, slots=True)
class FlightPlan:
    """One flight that is to be made.

    Attributes:
        tail: Registration.
        started_at: UTC instant of the first second.
        duration_s: Length of the recording.
        flight_number: As the crew set it, 0 to 799.
        seed: Decides route, weather, machine and noise.
        events: What happens in it.
    """

    tail: str
    started_at: datetime
    duration_s: int
    flight_number: int = 1
    seed: int = 0
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """A flight as counts.

    Attributes:
        plan: What was asked for.
        counts: int64 (seconds, samples in a row) by parameter name, a row for every second.
        phases: Planned phase of each second.
        events: What must be found in it.
    """

    plan: FlightPlan
    counts: CountTable
    phases: tuple[str, ...]
    events: tuple[Placed, ...]


def record(plan: FlightPlan, layout: Layout) -> Recorded:
    """Makes one flight.

    Args:
        plan: The flight.
        layout: A generic one: all its parameters are made.

    Returns:
        The same for the same plan and layout, always.

    Raises:
        NotFound: An event's name means nothing.
        ValueError: The flight cannot be flown, or has no place for an event.
    """
    rng = np.random.default_rng(plan.seed)
    drill = any(event.kind.needs_autorotation for event in plan.events)
    flown = fly(plan.duration_s, autorotation=drill, rng=rng)
    readings = read(flown, layout, rng)
    readings, placed = inject(readings, flown.phases, plan.events, rng)
    readings |= clock(plan.started_at, plan.duration_s, clock_names(layout.clock))
    readings |= constant(
        layout,
        plan.duration_s,
        {"flight_number": plan.flight_number, "software_version": SOFTWARE_VERSION},
    )
    counts = rounded(layout, readings)
    known = {name: to_values(layout.parameters[name], rows) for name, rows in counts.items()}
    counts |= lettered(layout, plan.duration_s, {"tail_number": plan.tail})
    return Recorded(plan, counts, flown.phases, truth(known, placed))


def clock_names(clock_of: Clock) -> Mapping[str, str]:
    """Clock parameters by field of ``datetime``."""
    return {field: name for field, name in clock_of.model_dump().items() if name}
