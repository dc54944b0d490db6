import numpy as np
import pytest

from dataflow_health.simulator.curves import GRID_HZ
from dataflow_health.simulator.physics import simulate_signals

FLIGHT = simulate_signals(1200, autorotation=True, rng=np.random.default_rng(2))


def in_phase(name: str, phase: str) -> np.ndarray:
    rows = FLIGHT.signals[name].reshape(FLIGHT.seconds, GRID_HZ)
    return rows[np.array(FLIGHT.phases) == phase]


def test_the_engines_stop_with_the_power_off():
    for name in ("engine_1_ng_pct", "engine_2_ng_pct", "rotor_speed_pct"):
        assert in_phase(name, "power_off").max() < 1, name


def test_the_rotor_is_governed_in_cruise_and_faster_in_autorotation():
    assert in_phase("rotor_speed_pct", "cruise").mean() == pytest.approx(100, abs=0.5)
    assert in_phase("rotor_speed_pct", "autorotation").max() > 102
    assert np.median(in_phase("engine_1_torque_pct", "autorotation")) < 7


def test_generators_are_on_line_in_flight_only():
    assert in_phase("generator_1_volts_v", "cruise").min() == pytest.approx(28.1)
    assert in_phase("generator_2_volts_v", "power_off").max() == 0


def test_oil_is_warmer_after_the_flight_than_before():
    oil_c = FLIGHT.signals["engine_1_oil_temperature_c"]
    assert oil_c[-1] > oil_c[0] + 20


def test_the_fuel_of_both_sides_adds_up_and_decreases():
    total = FLIGHT.signals["fuel_quantity_total_kg"]
    sides = [FLIGHT.signals[f"fuel_quantity_{side}_kg"] for side in ("left", "right")]
    assert np.add(*sides) == pytest.approx(total)
    assert (np.diff(total) <= 0).all()
