"""Which aircraft flies when, and what happens to whom. Pure: the same plan is the same fleet."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import numpy as np

from dataflow_health.flight.recorder import WordPacking
from dataflow_health.simulator.events import Event
from dataflow_health.simulator.faults import fault
from dataflow_health.simulator.recorded import FlightPlan
from dataflow_health.simulator.schedule import SHORTEST_WITH_AUTOROTATION_S

TURNAROUND_S = 1800
"""From one flight's end to the next one's start at least: the card is read in between."""


@dataclass(frozen=True, slots=True)
class FleetPlan:
    """A fleet that is to be made.

    Flights are numbered from 0: day by day, aircraft by aircraft, flight by flight.

    Attributes:
        first_day: UTC.
        helicopters: 1 to 676; tails are ``HB-ZAA``, ``HB-ZAB`` and so on.
        days: Days in a row.
        flights_per_day: Of each aircraft.
        duration_s: Shortest and longest recording, see ``schedule``.
        seed: Decides all the rest.
        word_packing: How recorders pack words.
        events: What happens, and in which flight.
        faults: Names of what goes wrong, and with which flight's archive.
    """

    first_day: date
    helicopters: int = 3
    days: int = 3
    flights_per_day: int = 2
    duration_s: tuple[int, int] = (720, 1200)
    seed: int = 1
    word_packing: WordPacking = "packed"
    events: tuple[tuple[int, Event], ...] = ()
    faults: tuple[tuple[int, str], ...] = ()

    @property
    def flights(self) -> int:
        """Number of flights."""
        return self.helicopters * self.days * self.flights_per_day


@dataclass(frozen=True, slots=True)
class Sortie:
    """One flight of a fleet, and how its card came home.

    Attributes:
        flight: The flight.
        arrived_at: UTC, when the archive came.
        fault: What goes wrong, empty for nothing.
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
    """Three aircraft, three days, two short flights a day, some events, faults of many stages."""
    return demo_happenings(FleetPlan(first_day=last_day - timedelta(days=2)))


def demo_happenings(plan: FleetPlan) -> FleetPlan:
    """The plan with the demo's events and faults, as far as it has flights for them."""
    return replace(
        plan,
        events=tuple((k, Event(name)) for k, name in DEMO_EVENTS if k < plan.flights),
        faults=tuple((k, name) for k, name in DEMO_FAULTS if k < plan.flights),
    )


def benchmark_plan(
    recordings: int, duration_s: int, first_day: date = date(2026, 1, 1)
) -> FleetPlan:
    """Sound flights without events, as many as asked for or a few more, all of one length."""
    per_day = max(1, min(6, 23 * 3600 // (duration_s + TURNAROUND_S)))
    helicopters = max(1, min(12, recordings // per_day))
    days = -(-recordings // (helicopters * per_day))
    return FleetPlan(first_day, helicopters, days, per_day, (duration_s, duration_s))


def with_happenings(plan: FleetPlan, events: Sequence[Event], faults: Sequence[str]) -> FleetPlan:
    """The plan with one flight for each event and each fault, spread evenly over the fleet.

    Raises:
        ValueError: There are more of them than flights.
    """
    wanted = len(events) + len(faults)
    if wanted > plan.flights:
        raise ValueError(
            f"{wanted} events and faults need as many flights; there are {plan.flights}"
        )
    numbers = [k * plan.flights // max(wanted, 1) for k in range(wanted)]
    return replace(
        plan,
        events=tuple(zip(numbers[: len(events)], events, strict=True)),
        faults=tuple(zip(numbers[len(events) :], faults, strict=True)),
    )


def sorties(plan: FleetPlan) -> tuple[Sortie, ...]:
    """All flights of a fleet, by number.

    Raises:
        NotFound: An event or fault has a name that means nothing.
        ValueError: The flights do not fit into a day, an event or fault belongs to no flight, or
            both to one: a fault moves seconds, so what must be found would not be known.
    """
    _check(plan)
    events = _by_flight(plan.events)
    faults = dict(plan.faults)
    return tuple(
        _sortie(plan, number, events.get(number, ()), faults.get(number, ""))
        for number in range(plan.flights)
    )


def needed_s(events: Sequence[Event], fault_name: str = "") -> int:
    """Seconds that a flight needs for what happens to it, 0 when any will do.

    Raises:
        NotFound: An event or the fault has a name that means nothing.
    """
    kinds = [event.kind for event in events]
    drills = [SHORTEST_WITH_AUTOROTATION_S for kind in kinds if kind.needs_autorotation]
    broken = [fault(fault_name).shortest_flight_s] if fault_name else []
    return max([*drills, *broken, *(kind.shortest_flight_s for kind in kinds)], default=0)


def _by_flight(events: Sequence[tuple[int, Event]]) -> dict[int, tuple[Event, ...]]:
    grouped: dict[int, tuple[Event, ...]] = {}
    for number, event in events:
        grouped[number] = (*grouped.get(number, ()), event)
    return grouped


def _check(plan: FleetPlan) -> None:
    if not 1 <= plan.helicopters <= 26 * 26:
        raise ValueError(f"{plan.helicopters} helicopters: 1 to {26 * 26} are possible")
    numbers = [number for number, _ in (*plan.events, *plan.faults)]
    beyond = [number for number in numbers if not 0 <= number < plan.flights]
    if beyond:
        raise ValueError(f"no flight {beyond[0]}: the fleet flies {plan.flights}, numbered from 0")
    broken = [number for number, _ in plan.faults]
    twice = {number for number in broken if broken.count(number) > 1}
    both = twice | ({number for number, _ in plan.events} & set(broken))
    if both:
        raise ValueError(f"flight {min(both)}: one fault, or events, but not both")
    for _, name in plan.faults:
        fault(name)


def _sortie(plan: FleetPlan, number: int, events: tuple[Event, ...], fault_name: str) -> Sortie:
    rest, place = divmod(number, plan.flights_per_day)
    day, aircraft = divmod(rest, plan.helicopters)
    rng = np.random.default_rng((plan.seed, number))
    low_s, high_s = plan.duration_s
    duration_s = max(int(rng.integers(low_s, high_s + 1)), needed_s(events, fault_name))
    slot_s = _slot_s(plan)
    begin_s = (6 if plan.flights_per_day <= 4 else 0) * 3600 + place * slot_s
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
    """Seconds from one start to the next; the last card still comes home on its day."""
    hours = 14 if plan.flights_per_day <= 4 else 23
    slot_s = hours * 3600 // plan.flights_per_day
    if slot_s < plan.duration_s[1] + TURNAROUND_S:
        raise ValueError(
            f"{plan.flights_per_day} flights of {plan.duration_s[1]} s do not fit into a day"
        )
    return slot_s
