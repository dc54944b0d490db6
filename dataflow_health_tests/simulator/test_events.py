import numpy as np
import pytest

from dataflow_health.errors import NotFound
from dataflow_health.simulator.encoder import encode
from dataflow_health.simulator.event_kinds import EVENT_KINDS
from dataflow_health.simulator.events import PlannedEvent
from dataflow_health.simulator.fleet_plan import minimum_duration_s
from dataflow_health.simulator.layouts import generic_layout
from dataflow_health.simulator.simulated_flight import simulate_flight
from dataflow_health_tests.simulator.decoding import decoded, findings, plan

LAYOUT = generic_layout()


def simulate(*events: PlannedEvent, seed: int = 1, duration_s: int = 720):
    return simulate_flight(plan(max(duration_s, minimum_duration_s(events)), seed, *events), LAYOUT)


def found(flight):
    return findings(decoded(encode(LAYOUT, flight.counts), LAYOUT))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", EVENT_KINDS)
def test_an_event_is_found_by_its_algorithm_with_its_seconds_and_peak(name, seed):
    flight = simulate(PlannedEvent(name), seed=seed)
    (event,) = flight.events
    ((algorithm, finding),) = found(flight)
    assert algorithm == event.name == name
    assert (int(finding.start_s), int(finding.end_s)) == (event.start_s, event.end_s)
    assert finding.peak is None or finding.peak == pytest.approx(event.peak, abs=1e-6)
    assert 0 <= event.start_s <= event.end_s < flight.plan.duration_s


def test_a_planned_event_has_its_second_duration_and_peak():
    planned = PlannedEvent("engine_1_oil_pressure_low", at_s=400, lasting_s=20, peak=15.0)
    (event,) = simulate(planned).events
    assert (event.start_s, event.end_s, event.peak) == (400, 419, 15.0)


def test_events_of_one_flight_do_not_overlap():
    flight = simulate(
        PlannedEvent("rotor_droop"),
        PlannedEvent("chip_main_gearbox"),
        PlannedEvent("rotor_speed_low"),
    )
    expected = {(event.name, event.start_s) for event in flight.events}
    assert {(name, int(finding.start_s)) for name, finding in found(flight)} == expected
    starts = sorted(event.start_s for event in flight.events)
    assert min(np.diff(starts)) > 20


def test_an_unknown_event_lists_the_known_ones():
    with pytest.raises(NotFound, match=r"unknown event 'oil'.*engine_1_oil_pressure_low"):
        simulate(PlannedEvent("oil"), duration_s=600)


def test_an_event_without_a_suitable_window_is_rejected():
    with pytest.raises(
        ValueError, match=r"sensor_stuck: no suitable 9999 s of .* in a flight of 720 s"
    ):
        simulate(PlannedEvent("sensor_stuck", lasting_s=9999))


def test_an_event_beyond_the_end_of_the_flight_is_rejected():
    with pytest.raises(ValueError, match="at 719 s for 6 s: the flight lasts 720 s"):
        simulate(PlannedEvent("chip_engine_1", at_s=719))
