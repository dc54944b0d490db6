"""Plans a fleet: aircraft, flights, events and faults. Equal plans give identical fleets."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import numpy as np

from dataflow_health.flight.recorder import WordPacking
from dataflow_health.simulator.events import PlannedEvent
from dataflow_health.simulator.faults import find_fault_kind
from dataflow_health.simulator.legs import SHORTEST_WITH_AUTOROTATION_S
from dataflow_health.simulator.simulated_flight import FlightPlan

TURNAROUND_S = 1800
"""Minimum time between two flights of an aircraft, in which the card is read."""


@dataclass(frozen=True, slots=True)
class FleetPlan:
    """Plan of a fleet.

    Flights are numbered from 0, by day, then aircraft, then flight of the day.

    Attributes:
        first_day: First day, UTC.
        helicopters: Number of aircraft, 1 to 676; tails are ``HB-ZAA``, ``HB-ZAB`` and so on.
        days: Number of consecutive days.
        flights_per_day: Flights of each aircraft.
        duration_s: Shortest and longest recording, see :mod:`~dataflow_health.simulator.legs`.
        seed: Seed of all random numbers.
        word_packing: Packing of words in recordings.
        events: Flight numbers and their events.
        faults: Flight numbers and the names of their faults.
    """

    first_day: date
    helicopters: int = 3
    days: int = 3
    flights_per_day: int = 2
    duration_s: tuple[int, int] = (720, 1200)
    seed: int = 1
    word_packing: WordPacking = "packed"
    events: tuple[tuple[int, PlannedEvent], ...] = ()
    faults: tuple[tuple[int, str], ...] = ()

    @property
    def flights(self) -> int:
        """Number of flights."""
        return self.helicopters * self.days * self.flights_per_day


@dataclass(frozen=True, slots=True)
class Sortie:
    """One flight of a fleet and the arrival of its archive.

    Attributes:
        flight: The flight.
        arrived_at: Arrival time of the archive, UTC.
        fault: Name of the fault; empty for none.
    """

    flight: FlightPlan
    arrived_at: datetime
    fault: str = ""


DEMO_EVENTS = (
    (1, "engine_1_oil_pressure_low"),
    (4, "torque_above_limit"),
    (7, "hard_landing"),
    (10, "chip_main_gearbox"),
    (12, "engine_2_hot_start_rate"),
    (15, "fuel_imbalance"),
    (15, "rotor_droop"),
)
DEMO_FAULTS = (
    (2, "truncated"),
    (5, "missing_blocks"),
    (8, "wrong_frame_rate"),
    (11, "duplicate"),
    (14, "stuck"),
)


def demo_plan(last_day: date) -> FleetPlan:
    """Plan of the demo: three aircraft, three days, two short flights a day, events and faults."""
    return add_demo_events(FleetPlan(first_day=last_day - timedelta(days=2)))


def add_demo_events(plan: FleetPlan) -> FleetPlan:
    """Adds the events and faults of the demo to the flights that the plan has."""
    return replace(
        plan,
        events=tuple((k, PlannedEvent(name)) for k, name in DEMO_EVENTS if k < plan.flights),
        faults=tuple((k, name) for k, name in DEMO_FAULTS if k < plan.flights),
    )


def add_events_and_faults(
    plan: FleetPlan, events: Sequence[PlannedEvent], faults: Sequence[str]
) -> FleetPlan:
    """Adds each event and each fault to its own flight, spread evenly over the fleet.

    Raises:
        ValueError: There are more events and faults than flights.
    """
    total = len(events) + len(faults)
    if total > plan.flights:
        raise ValueError(
            f"{total} events and faults need {total} flights; the plan has {plan.flights}"
        )
    numbers = [k * plan.flights // max(total, 1) for k in range(total)]
    return replace(
        plan,
        events=tuple(zip(numbers[: len(events)], events, strict=True)),
        faults=tuple(zip(numbers[len(events) :], faults, strict=True)),
    )


def plan_sorties(plan: FleetPlan) -> tuple[Sortie, ...]:
    """Plans all flights of a fleet, by number.

    Raises:
        NotFound: An event or fault does not exist.
        ValueError: The flights do not fit into a day, or a flight number of an event or fault is
            out of range, or a flight has both: a fault shifts seconds, so the expected findings
            would be unknown.
    """
    _check(plan)
    events = _by_flight(plan.events)
    faults = dict(plan.faults)
    return tuple(
        _sortie(plan, number, events.get(number, ()), faults.get(number, ""))
        for number in range(plan.flights)
    )


def minimum_duration_s(events: Sequence[PlannedEvent], fault_name: str = "") -> int:
    """Minimum duration of a flight with these events and this fault; 0 if there is none.

    Raises:
        NotFound: An event or the fault does not exist.
    """
    kinds = [event.kind for event in events]
    drills = [SHORTEST_WITH_AUTOROTATION_S for kind in kinds if kind.needs_autorotation]
    fault = [find_fault_kind(fault_name).shortest_flight_s] if fault_name else []
    return max([*drills, *fault, *(kind.shortest_flight_s for kind in kinds)], default=0)


def _by_flight(events: Sequence[tuple[int, PlannedEvent]]) -> dict[int, tuple[PlannedEvent, ...]]:
    grouped: dict[int, tuple[PlannedEvent, ...]] = {}
    for number, event in events:
        grouped[number] = (*grouped.get(number, ()), event)
    return grouped


def _check(plan: FleetPlan) -> None:
    if not 1 <= plan.helicopters <= 26 * 26:
        raise ValueError(f"{plan.helicopters} helicopters: must be 1 to {26 * 26}")
    numbers = [number for number, _ in (*plan.events, *plan.faults)]
    unknown = [number for number in numbers if not 0 <= number < plan.flights]
    if unknown:
        raise ValueError(f"no flight {unknown[0]}: flights are 0 to {plan.flights - 1}")
    faulty = [number for number, _ in plan.faults]
    twice = {number for number in faulty if faulty.count(number) > 1}
    both = twice | ({number for number, _ in plan.events} & set(faulty))
    if both:
        raise ValueError(f"flight {min(both)}: either one fault or events, not both")
    for _, name in plan.faults:
        find_fault_kind(name)


def _sortie(
    plan: FleetPlan, number: int, events: tuple[PlannedEvent, ...], fault_name: str
) -> Sortie:
    aircraft_day, slot = divmod(number, plan.flights_per_day)
    day, aircraft = divmod(aircraft_day, plan.helicopters)
    rng = np.random.default_rng((plan.seed, number))
    low_s, high_s = plan.duration_s
    duration_s = max(int(rng.integers(low_s, high_s + 1)), minimum_duration_s(events, fault_name))
    slot_s = _slot_s(plan)
    begin_s = (6 if plan.flights_per_day <= 4 else 0) * 3600 + slot * slot_s
    late_s = int(rng.integers(0, max(slot_s - duration_s - TURNAROUND_S, 0) + 1))
    midnight = datetime.combine(plan.first_day + timedelta(days=day), datetime.min.time(), UTC)
    started_at = midnight + timedelta(seconds=begin_s + late_s)
    flight = FlightPlan(
        tail=f"HB-Z{chr(65 + aircraft // 26)}{chr(65 + aircraft % 26)}",
        started_at=started_at,
        duration_s=duration_s,
        flight_number=(number + 1) % 800,
        seed=int(rng.integers(1 << 62)),
        events=events,
    )
    reading_s = int(rng.integers(6 * 60, 20 * 60))
    return Sortie(flight, started_at + timedelta(seconds=duration_s + reading_s), fault_name)


def _slot_s(plan: FleetPlan) -> int:
    """Seconds from one start to the next; the last archive still arrives on the same day."""
    hours = 14 if plan.flights_per_day <= 4 else 23
    slot_s = hours * 3600 // plan.flights_per_day
    if slot_s < plan.duration_s[1] + TURNAROUND_S:
        raise ValueError(
            f"{plan.flights_per_day} flights of {plan.duration_s[1]} s do not fit into a day"
        )
    return slot_s
