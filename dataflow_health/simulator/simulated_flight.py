"""Simulates one flight from plan to counts: signals, samples, events and rounding."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from dataflow_health.flight.layout import Clock, Layout
from dataflow_health.simulator.convert import to_values
from dataflow_health.simulator.events import InjectedEvent, PlannedEvent, inject, measure_events
from dataflow_health.simulator.physics import simulate_signals
from dataflow_health.simulator.sampling import (
    CountTable,
    clock_readings,
    constant_readings,
    encode_texts,
    round_to_counts,
    sample_instruments,
)

SOFTWARE_VERSION = 4.12


@dataclass(frozen=True, slots=True)
class FlightPlan:
    """Plan of one flight.

    Attributes:
        tail: Tail number of the aircraft.
        started_at: Time of the first second, UTC.
        duration_s: Duration of the recording.
        flight_number: Flight number set by the crew, 0 to 799.
        seed: Seed for route, weather, engines and noise.
        events: Events to inject.
    """

    tail: str
    started_at: datetime
    duration_s: int
    flight_number: int = 1
    seed: int = 0
    events: tuple[PlannedEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class SimulatedFlight:
    """A simulated flight as recorded counts.

    Attributes:
        plan: Plan of the flight.
        counts: int64 (seconds, samples in a row) by parameter name, one row for every second.
        phases: Planned phase of each second.
        events: Injected events with their expected findings.
    """

    plan: FlightPlan
    counts: CountTable
    phases: tuple[str, ...]
    events: tuple[InjectedEvent, ...]


def simulate_flight(plan: FlightPlan, layout: Layout) -> SimulatedFlight:
    """Simulates one flight.

    Args:
        plan: Plan of the flight.
        layout: A generic layout, whose parameters are all simulated.

    Returns:
        The flight; equal plans and layouts give identical flights.

    Raises:
        NotFound: An event does not exist.
        ValueError: The duration is out of range, or an event has no suitable window.
    """
    rng = np.random.default_rng(plan.seed)
    autorotation = any(event.kind.needs_autorotation for event in plan.events)
    signals = simulate_signals(plan.duration_s, autorotation=autorotation, rng=rng)
    readings = sample_instruments(signals, layout, rng)
    readings, windows = inject(readings, signals.phases, plan.events, rng)
    readings |= clock_readings(plan.started_at, plan.duration_s, clock_parameters(layout.clock))
    readings |= constant_readings(
        layout,
        plan.duration_s,
        {"flight_number": plan.flight_number, "software_version": SOFTWARE_VERSION},
    )
    counts = round_to_counts(layout, readings)
    values = {name: to_values(layout.parameters[name], rows) for name, rows in counts.items()}
    counts |= encode_texts(layout, plan.duration_s, {"tail_number": plan.tail})
    return SimulatedFlight(plan, counts, signals.phases, measure_events(values, windows))


def clock_parameters(clock: Clock) -> Mapping[str, str]:
    """Names of the clock parameters by field of ``datetime``."""
    return {field: name for field, name in clock.model_dump().items() if name}
