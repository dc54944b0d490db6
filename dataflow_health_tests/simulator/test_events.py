import numpy as np
import pytest

from dataflow_health.errors import NotFound
from dataflow_health.simulator.encoder import encode
from dataflow_health.simulator.event_kinds import EVENTS, MEASURES
from dataflow_health.simulator.events import Event
from dataflow_health.simulator.layouts import generic_layout
from dataflow_health.simulator.plan import needed_s
from dataflow_health.simulator.recorded import record
from dataflow_health_tests.simulator.decoding import ALGORITHMS, decoded, findings, plan

LAYOUT = generic_layout()


def made(*events: Event, seed: int = 1, duration_s: int = 720):
    return record(plan(max(duration_s, needed_s(events)), seed, *events), LAYOUT)


def found(recorded):
    return findings(decoded(encode(LAYOUT, recorded.counts), LAYOUT))


def test_every_algorithm_with_a_limit_has_an_event():
    assert set(EVENTS) == set(ALGORITHMS) - set(MEASURES)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", EVENTS)
def test_an_event_is_found_by_its_own_algorithm_at_its_second_with_its_peak(name, seed):
    recorded = made(Event(name), seed=seed)
    (event,) = recorded.events
    ((algorithm, finding),) = found(recorded)
    assert algorithm == event.name == name
    assert (int(finding.start_s), int(finding.end_s)) == (event.start_s, event.end_s)
    assert finding.peak is None or finding.peak == pytest.approx(event.peak, abs=1e-6)
    assert 0 <= event.start_s <= event.end_s < recorded.plan.duration_s


def test_an_event_comes_when_it_lasts_and_goes_as_far_as_asked():
    asked = Event("engine_1_oil_pressure_low", at_s=400, lasting_s=20, peak=15.0)
    (event,) = made(asked).events
    assert (event.start_s, event.end_s, event.peak) == (400, 419, 15.0)


def test_two_events_of_one_flight_stay_apart():
    recorded = made(Event("rotor_droop"), Event("chip_main_gearbox"), Event("rotor_speed_low"))
    told = {(event.name, event.start_s) for event in recorded.events}
    assert {(name, int(finding.start_s)) for name, finding in found(recorded)} == told
    starts = sorted(event.start_s for event in recorded.events)
    assert min(np.diff(starts)) > 20


def test_an_unknown_event_is_told_with_those_there_are():
    with pytest.raises(NotFound, match=r"no event 'oil'.*engine_1_oil_pressure_low"):
        made(Event("oil"), duration_s=600)


def test_a_flight_without_room_for_an_event_says_so():
    with pytest.raises(ValueError, match=r"sensor_stuck: no 9999 s of .* fit it"):
        made(Event("sensor_stuck", lasting_s=9999))


def test_an_event_beyond_the_flight_is_refused():
    with pytest.raises(ValueError, match="at 719 s for 6 s: the flight has 720 s"):
        made(Event("chip_engine_1", at_s=719))
