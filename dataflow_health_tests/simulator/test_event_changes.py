import numpy as np
import pytest

from dataflow_health.simulator import event_changes
from dataflow_health.simulator.excursion import Window


def column(values: np.ndarray) -> np.ndarray:
    return np.asarray(values, dtype=np.float64)[:, None]


def test_a_temperature_rises_by_its_peak_each_second_of_the_window():
    changed = event_changes.temperature_spike("tot")(
        {"tot": np.full((60, 1), 300.0)}, Window(20, 22), 190
    )["tot"][:, 0]
    assert np.diff(changed[19:23]).tolist() == [190, 190, 190]
    assert changed[40] == 300


def test_one_engine_takes_the_load_of_the_other():
    readings = {
        name: np.full((60, 1), level)
        for name, level in {
            "engine_1_torque_pct": 50.0, "engine_2_torque_pct": 50.0, "engine_2_ng_pct": 90.0,
        }.items()
    }  # fmt: skip
    changed = event_changes.one_engine_out(readings, Window(30, 34), 138)
    assert changed["engine_1_torque_pct"].max() == 138
    assert changed["engine_2_torque_pct"][30:35].max() == 1
    assert changed["engine_2_ng_pct"][30:35].max() == 56


def test_the_rotor_loses_its_peak_in_the_second_before_the_window():
    changed = event_changes.rotor_droop(
        {"rotor_speed_pct": np.full((60, 1), 100.0)}, Window(30, 31), -6
    )["rotor_speed_pct"][:, 0]
    assert changed[30] - changed[29] == -6
    assert changed[[10, 50]].tolist() == [100, 100]


def test_a_hard_landing_loads_the_first_samples_of_its_second():
    rows = np.ones((60, 8))
    changed = event_changes.hard_landing({"acceleration_vertical_g": rows}, Window(30, 30), 2.1)
    assert np.argwhere(changed["acceleration_vertical_g"] == 2.1).tolist() == [[30, 0], [30, 1]]
    assert rows.max() == 1


def test_low_fuel_crosses_the_limit_at_the_start_of_the_window_on_all_gauges():
    total = column(np.linspace(300, 280, 60))
    sides = {f"fuel_quantity_{side}_kg": total / 2 for side in ("left", "right")}
    changed = event_changes.low_fuel(
        {"fuel_quantity_total_kg": total} | sides, Window(30, 59), 78.8
    )
    assert changed["fuel_quantity_total_kg"][29, 0] > event_changes.FUEL_LIMIT_KG
    assert changed["fuel_quantity_total_kg"][30, 0] == pytest.approx(78.8, abs=0.5)
    assert changed["fuel_low_left"][30:].all()
    assert not changed["fuel_low_left"][0].any()


def test_a_window_is_extended_until_both_engines_stop():
    speeds = column(np.concatenate((np.full(50, 90.0), np.zeros(10))))
    readings = {"engine_1_ng_pct": speeds, "engine_2_ng_pct": speeds * 0}
    assert event_changes.until_engines_stop(readings, Window(20, 29)) == Window(20, 49)


def test_equal_flow_and_quantity_differ_by_nothing_and_a_double_flow_by_half():
    flow = np.full((1300, 1), 180.0)
    total = column(800 - np.arange(1300) * 0.1)
    readings = {name: flow for name in event_changes.FLOWS} | {"fuel_quantity_total_kg": total}
    assert event_changes.fuel_mismatch_percent(readings).max() == pytest.approx(0, abs=1e-6)
    doubled = readings | event_changes.fuel_flow_overread(readings, Window(0, 0), 2)
    assert event_changes.fuel_mismatch_percent(doubled)[700, 0] == pytest.approx(50)


def test_a_slow_turbine_differs_from_the_rotor():
    readings = {"rotor_speed_pct": np.full((3, 4), 100.0), "engine_1_nf_pct": np.full((3, 1), 90.0)}
    percent = event_changes.turbine_mismatch_percent(1)(readings)
    assert percent.shape == (3, 4)
    assert percent == pytest.approx(10)
