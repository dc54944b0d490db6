import numpy as np
import pytest

from dataflow_health.errors import NotFound
from dataflow_health.flight.layout import Clock
from dataflow_health.simulator.encoder import encode
from dataflow_health.simulator.events import PlannedEvent
from dataflow_health.simulator.layouts import generic_layout
from dataflow_health.simulator.simulated_flight import (
    FlightPlan,
    clock_parameters,
    simulate_flight,
)
from dataflow_health_tests.simulator.decoding import STARTED_AT, decoded, plan

LAYOUT = generic_layout()


def test_every_parameter_of_the_layout_is_recorded():
    flight = simulate_flight(plan(600), LAYOUT)
    assert set(flight.counts) == set(LAYOUT.parameters)
    assert {len(rows) for rows in flight.counts.values()} == {len(flight.phases)} == {600}


def test_equal_seeds_give_identical_flights_and_other_seeds_different_ones():
    same = [simulate_flight(plan(600, 5), LAYOUT).counts for _ in range(2)]
    other = simulate_flight(plan(600, 6), LAYOUT).counts
    assert all(np.array_equal(same[0][name], same[1][name]) for name in same[0])
    assert not np.array_equal(same[0]["pitch_deg"], other["pitch_deg"])


def test_the_clock_runs_over_midnight():
    late = FlightPlan("HB-ZAA", STARTED_AT.replace(hour=23, minute=55), 720)
    recording = decoded(encode(LAYOUT, simulate_flight(late, LAYOUT).counts), LAYOUT)
    assert recording.started_at == late.started_at


def test_an_event_that_needs_an_autorotation_gets_one():
    flight = simulate_flight(plan(1200, 1, PlannedEvent("rotor_speed_high_power_off")), LAYOUT)
    assert "autorotation" in flight.phases
    assert "autorotation" not in simulate_flight(plan(1200), LAYOUT).phases


def test_an_unknown_event_is_rejected():
    with pytest.raises(NotFound, match="unknown event 'oil'"):
        simulate_flight(plan(600, 1, PlannedEvent("oil")), LAYOUT)


def test_clock_parameters_are_listed_by_field_of_datetime():
    assert clock_parameters(LAYOUT.clock)["hour"] == "utc_hour"
    assert clock_parameters(Clock(hour="h")) == {"hour": "h"}
