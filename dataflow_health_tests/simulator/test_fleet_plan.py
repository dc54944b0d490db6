from datetime import date
from itertools import pairwise

import pytest

from dataflow_health.errors import NotFound
from dataflow_health.simulator.events import PlannedEvent
from dataflow_health.simulator.fleet_plan import (
    FleetPlan,
    add_demo_events,
    add_events_and_faults,
    demo_plan,
    plan_sorties,
)

DAY = date(2026, 11, 19)


def test_the_demo_flies_three_aircraft_for_three_days():
    plan = demo_plan(DAY)
    sorties = plan_sorties(plan)
    assert len(sorties) == plan.flights == 18
    assert {sortie.flight.tail for sortie in sorties} == {"HB-ZAA", "HB-ZAB", "HB-ZAC"}
    assert {sortie.arrived_at.date().day for sortie in sorties} == {17, 18, 19}
    assert {sortie.fault for sortie in sorties if sortie.fault} == {n for _, n in plan.faults}


def test_a_small_fleet_gets_only_the_demo_events_it_has_flights_for():
    small = add_demo_events(FleetPlan(DAY, helicopters=1, days=1))
    assert [event.name for _, event in small.events] == ["engine_1_oil_pressure_low"]
    assert small.faults == ()


@pytest.mark.parametrize("flights_per_day", [1, 2, 4, 6])
def test_no_flight_starts_before_the_previous_archive_arrived(flights_per_day):
    plan = FleetPlan(DAY, helicopters=1, days=3, flights_per_day=flights_per_day)
    sorties = plan_sorties(plan)
    assert all(earlier.arrived_at < later.flight.started_at for earlier, later in pairwise(sorties))
    assert all(s.arrived_at.date() == s.flight.started_at.date() for s in sorties)


def test_too_many_flights_for_a_day_are_rejected():
    with pytest.raises(ValueError, match="12 flights of 7200 s do not fit"):
        plan_sorties(FleetPlan(DAY, flights_per_day=12, duration_s=(7200, 7200)))


@pytest.mark.parametrize(
    ("events", "faults", "message"),
    [
        (((99, PlannedEvent("rotor_droop")),), (), "no flight 99: flights are 0 to 17"),
        ((), ((-1, "bomb"),), "no flight -1"),
        (
            ((3, PlannedEvent("rotor_droop")),),
            ((3, "bomb"),),
            "flight 3: either one fault or events",
        ),
        ((), ((3, "bomb"), (3, "stuck")), "flight 3: either one fault or events"),
    ],
)
def test_invalid_events_and_faults_are_rejected(events, faults, message):
    with pytest.raises(ValueError, match=message):
        plan_sorties(FleetPlan(DAY, events=events, faults=faults))


def test_an_unknown_fault_is_rejected():
    with pytest.raises(NotFound, match="unknown fault 'flood'"):
        plan_sorties(FleetPlan(DAY, faults=((0, "flood"),)))


def test_events_and_faults_are_spread_over_the_fleet():
    plan = add_events_and_faults(FleetPlan(DAY), [PlannedEvent("rotor_droop")], ["bomb", "stuck"])
    assert (plan.events, plan.faults) == (
        ((0, PlannedEvent("rotor_droop")),),
        ((6, "bomb"), (12, "stuck")),
    )


def test_more_events_and_faults_than_flights_are_rejected():
    with pytest.raises(ValueError, match="2 events and faults need 2 flights; the plan has 1"):
        add_events_and_faults(FleetPlan(DAY, 1, 1, 1), [PlannedEvent("rotor_droop")], ["bomb"])


def test_a_flight_is_as_long_as_its_event_requires():
    plan = FleetPlan(DAY, 1, 1, 1, (600, 600), events=((0, PlannedEvent("fuel_flow_mismatch")),))
    assert plan_sorties(plan)[0].flight.duration_s == 1080


def test_a_fleet_may_have_up_to_676_aircraft():
    tails = [sortie.flight.tail for sortie in plan_sorties(FleetPlan(DAY, 28, 1, 1))]
    assert (tails[0], tails[25], tails[27]) == ("HB-ZAA", "HB-ZAZ", "HB-ZBB")
    with pytest.raises(ValueError, match="677 helicopters: must be 1 to 676"):
        plan_sorties(FleetPlan(DAY, 677))
