import numpy as np
import pytest

from dataflow_health.flight.algorithms.flight_phase import Phase, classify_phases
from dataflow_health.simulator.encoder import encode
from dataflow_health.simulator.events import PlannedEvent
from dataflow_health.simulator.layouts import generic_layout
from dataflow_health.simulator.physics import simulate_signals
from dataflow_health.simulator.simulated_flight import simulate_flight
from dataflow_health_tests.simulator.decoding import decoded, findings, flight, plan

LAYOUT = generic_layout()


def signals_of(duration_s=900, seed=1, *, autorotation=False):
    return simulate_signals(duration_s, autorotation=autorotation, rng=np.random.default_rng(seed))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("duration_s", [600, 720, 1200, 3600])
def test_a_flight_without_events_has_no_findings(duration_s, seed):
    simulated = simulate_flight(plan(duration_s, seed), LAYOUT)
    assert findings(decoded(encode(LAYOUT, simulated.counts), LAYOUT)) == []


def test_a_flight_includes_every_phase():
    simulated = simulate_flight(plan(1200, 1, PlannedEvent("rotor_speed_high_power_off")), LAYOUT)
    phases = set(
        classify_phases(flight(decoded(encode(LAYOUT, simulated.counts), LAYOUT))).tolist()
    )
    assert phases == set(Phase) - {Phase.UNKNOWN}


@pytest.mark.parametrize(
    ("duration_s", "autorotation"), [(599, False), (10_801, False), (839, True)]
)
def test_an_impossible_duration_is_rejected(duration_s, autorotation):
    with pytest.raises(ValueError, match=rf"{duration_s} s: must be \d+ to 10800 s"):
        signals_of(duration_s, autorotation=autorotation)


@pytest.mark.parametrize("duration_s", [600, 4000, 10_800])
def test_fuel_decreases_by_the_flow_and_never_runs_out(duration_s):
    signals = signals_of(duration_s).signals
    burnt = sum(signals[f"engine_{k}_fuel_flow_kg_h"].sum() for k in (1, 2)) / 3600 / 8
    total = signals["fuel_quantity_total_kg"]
    assert total[0] - total[-1] == pytest.approx(burnt, rel=0.001)
    assert 100 < total.min() < total.max() < 800
