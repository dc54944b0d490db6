import numpy as np
import pytest

from dataflow_health.flight.algorithms.flight_phase import Phase, classify_phases
from dataflow_health.simulator.encoder import encode
from dataflow_health.simulator.events import Event
from dataflow_health.simulator.layouts import generic_layout
from dataflow_health.simulator.physics import fly
from dataflow_health.simulator.recorded import FlightPlan, record
from dataflow_health.simulator.sampling import rounded
from dataflow_health_tests.simulator.decoding import STARTED_AT, decoded, findings, flight, plan

LAYOUT = generic_layout()


def flown(duration_s=900, seed=1, *, autorotation=False):
    return fly(duration_s, autorotation=autorotation, rng=np.random.default_rng(seed))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("duration_s", [600, 720, 1200, 3600])
def test_nothing_is_found_in_a_clean_flight(duration_s, seed):
    recorded = record(plan(duration_s, seed), LAYOUT)
    assert findings(decoded(encode(LAYOUT, recorded.counts), LAYOUT)) == []


def test_a_flight_goes_through_every_phase():
    recorded = record(plan(1200, 1, Event("rotor_speed_high_power_off")), LAYOUT)
    seen = set(classify_phases(flight(decoded(encode(LAYOUT, recorded.counts), LAYOUT))).tolist())
    assert seen == set(Phase) - {Phase.UNKNOWN}


def test_every_parameter_of_the_layout_is_recorded():
    assert set(record(plan(600), LAYOUT).counts) == set(LAYOUT.parameters)


@pytest.mark.parametrize(
    ("duration_s", "autorotation"), [(599, False), (10_801, False), (839, True)]
)
def test_what_cannot_be_flown_is_refused(duration_s, autorotation):
    with pytest.raises(ValueError, match=rf"{duration_s} s: \d+ to 10800 s can be flown"):
        flown(duration_s, autorotation=autorotation)


@pytest.mark.parametrize("duration_s", [600, 4000, 10_800])
def test_the_tanks_lose_what_flows_and_never_run_dry(duration_s):
    signals = flown(duration_s).signals
    burnt = sum(signals[f"engine_{k}_fuel_flow_kg_h"].sum() for k in (1, 2)) / 3600 / 8
    total = signals["fuel_quantity_total_kg"]
    assert total[0] - total[-1] == pytest.approx(burnt, rel=0.001)
    assert 100 < total.min() < total.max() < 800


def test_the_same_seed_flies_the_same_flight_and_another_one_another():
    same = [record(plan(600, 5), LAYOUT).counts for _ in range(2)]
    other = record(plan(600, 6), LAYOUT).counts
    assert all(np.array_equal(same[0][name], same[1][name]) for name in same[0])
    assert not np.array_equal(same[0]["pitch_deg"], other["pitch_deg"])


def test_noise_is_seven_tenths_of_a_count():
    recorded = record(plan(1200, 3), LAYOUT)
    clean = rounded(LAYOUT, {"pitch_deg": np.zeros((1, 4))})["pitch_deg"]
    on_ground = recorded.counts["pitch_deg"][:60] - clean
    assert 0.6 < on_ground.std() < 0.9


def test_the_clock_runs_over_midnight():
    late = FlightPlan("HB-ZAA", STARTED_AT.replace(hour=23, minute=55), 720)
    recording = decoded(encode(LAYOUT, record(late, LAYOUT).counts), LAYOUT)
    assert recording.started_at == late.started_at
