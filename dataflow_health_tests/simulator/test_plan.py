from datetime import date
from itertools import pairwise

import pytest

from dataflow_health.errors import NotFound
from dataflow_health.simulator.events import Event
from dataflow_health.simulator.plan import (
    FleetPlan,
    benchmark_plan,
    demo_happenings,
    demo_plan,
    sorties,
    with_happenings,
)

DAY = date(2026, 11, 19)


def test_the_demo_flies_three_aircraft_for_three_days():
    plan = demo_plan(DAY)
    flown = sorties(plan)
    assert len(flown) == plan.flights == 18
    assert {sortie.flight.tail for sortie in flown} == {"HB-ZAA", "HB-ZAB", "HB-ZAC"}
    assert {sortie.arrived_at.date().day for sortie in flown} == {17, 18, 19}
    assert {sortie.fault for sortie in flown if sortie.fault} == {n for _, n in plan.faults}


def test_the_demo_happens_to_smaller_fleets_as_far_as_they_fly():
    small = demo_happenings(FleetPlan(DAY, helicopters=1, days=1))
    assert [event.name for _, event in small.events] == ["engine_1_oil_pressure_low"]
    assert small.faults == ()


@pytest.mark.parametrize("flights_per_day", [1, 2, 4, 6])
def test_no_aircraft_flies_while_its_card_is_read(flights_per_day):
    plan = FleetPlan(DAY, helicopters=1, days=3, flights_per_day=flights_per_day)
    flown = sorties(plan)
    assert all(earlier.arrived_at < later.flight.started_at for earlier, later in pairwise(flown))
    assert all(s.arrived_at.date() == s.flight.started_at.date() for s in flown)


def test_flights_that_do_not_fit_into_a_day_are_refused():
    with pytest.raises(ValueError, match="12 flights of 7200 s do not fit"):
        sorties(FleetPlan(DAY, flights_per_day=12, duration_s=(7200, 7200)))


@pytest.mark.parametrize(
    ("events", "faults", "said"),
    [
        (((99, Event("rotor_droop")),), (), "no flight 99: the fleet flies 18"),
        ((), ((-1, "bomb"),), "no flight -1"),
        (((3, Event("rotor_droop")),), ((3, "bomb"),), "flight 3: one fault, or events"),
        ((), ((3, "bomb"), (3, "stuck")), "flight 3: one fault, or events"),
    ],
)
def test_what_belongs_to_no_flight_or_does_not_go_together_is_refused(events, faults, said):
    with pytest.raises(ValueError, match=said):
        sorties(FleetPlan(DAY, events=events, faults=faults))


def test_unknown_names_are_refused_before_anything_is_written():
    with pytest.raises(NotFound, match="no fault 'flood'"):
        sorties(FleetPlan(DAY, faults=((0, "flood"),)))


def test_what_is_asked_for_is_spread_over_the_fleet():
    plan = with_happenings(FleetPlan(DAY), [Event("rotor_droop")], ["bomb", "stuck"])
    assert (plan.events, plan.faults) == (
        ((0, Event("rotor_droop")),),
        ((6, "bomb"), (12, "stuck")),
    )


def test_more_than_one_thing_a_flight_is_refused():
    with pytest.raises(ValueError, match="2 events and faults need as many flights; there are 1"):
        with_happenings(FleetPlan(DAY, 1, 1, 1), [Event("rotor_droop")], ["bomb"])


def test_a_flight_is_as_long_as_its_events_need():
    plan = FleetPlan(DAY, 1, 1, 1, (600, 600), events=((0, Event("fuel_flow_mismatch")),))
    assert sorties(plan)[0].flight.duration_s == 1080


@pytest.mark.parametrize(("wanted", "duration_s"), [(20, 7200), (200, 7200), (2000, 720), (1, 600)])
def test_a_benchmark_has_as_many_recordings_as_asked_or_a_few_more(wanted, duration_s):
    plan = benchmark_plan(wanted, duration_s)
    assert wanted <= plan.flights < wanted + 72
    assert {sortie.flight.duration_s for sortie in sorties(plan)} == {duration_s}


def test_the_fleet_grows_beyond_the_alphabet():
    tails = [sortie.flight.tail for sortie in sorties(FleetPlan(DAY, 28, 1, 1))]
    assert (tails[0], tails[25], tails[27]) == ("HB-ZAA", "HB-ZAZ", "HB-ZBB")
    with pytest.raises(ValueError, match="1 to 676 are possible"):
        sorties(FleetPlan(DAY, 677))
