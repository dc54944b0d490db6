import numpy as np
import pytest

from dataflow_health.simulator.curves import (
    GRID_HZ,
    first_order_lag,
    interpolate_legs,
    power_mask,
    power_start_s,
    sample_times_s,
    slope,
    smooth,
)
from dataflow_health.simulator.legs import Leg

LEGS = (
    Leg("ground", 10, power="off"),
    Leg("climb", 20, height_ft=100),
    Leg("cruise", 30, height_ft=100),
)


def test_legs_are_interpolated_between_the_values_at_their_ends():
    height_ft = interpolate_legs(LEGS, 60, [leg.height_ft for leg in LEGS], 1)
    at = {second: height_ft[second * GRID_HZ] for second in (0, 5, 20, 59)}
    assert at == pytest.approx({0: 0, 5: 0, 20: 50, 59: 100})


def test_smoothing_keeps_a_line_and_rounds_its_corners():
    step = np.repeat([0.0, 1.0], 5 * GRID_HZ)
    smoothed = smooth(step, 2)
    assert len(smoothed) == len(step)
    assert (smoothed[0], smoothed[-1]) == (0, pytest.approx(1))
    assert 0 < smoothed[5 * GRID_HZ - 1] < smoothed[5 * GRID_HZ] < 1


def test_a_lag_approaches_its_target():
    curve = first_order_lag(np.full(60 * GRID_HZ, 100.0), 10.0, 0.0)
    assert curve[0] == pytest.approx(10)
    assert 95 < curve[-1] < 100
    assert (np.diff(curve) >= 0).all()


def test_the_slope_is_the_change_per_second():
    assert slope(sample_times_s(4) * 3) == pytest.approx(np.full(4 * GRID_HZ, 3.0))


def test_a_power_setting_is_selected_in_its_legs():
    mask = power_mask(LEGS, 60, "off")
    assert mask.sum() == 10 * GRID_HZ
    assert power_start_s(LEGS, "off") == 0
    assert power_start_s(LEGS, "flight") == 10
