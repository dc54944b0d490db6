import numpy as np
import pytest

from dataflow_health.flight.algorithms.phase_inputs import (
    VERTICAL_SPEED_MEAN_S,
    PhaseInputs,
    climb_ft_min,
)
from dataflow_health_tests.flight.algorithms.flights import make_flight

NAN = float("nan")


def test_a_parameter_has_one_value_per_second_and_none_when_it_is_not_recorded() -> None:
    inputs = PhaseInputs(make_flight(fast=[[1, 3], [5, NAN]], empty=[NAN, NAN]))
    assert inputs["fast"].tolist() == [2, 5]
    assert np.isnan(inputs["other"]).all()
    assert [inputs.has(name) for name in ("fast", "empty", "other")] == [True, False, False]


def test_vertical_speed_is_smoothed_but_not_across_a_gap() -> None:
    speeds = [0.0] * 5 + [500.0] * 5
    whole = climb_ft_min(PhaseInputs(make_flight(vertical_speed_ft_min=speeds)))
    assert whole[4] == 500 * (VERTICAL_SPEED_MEAN_S // 2) / VERTICAL_SPEED_MEAN_S
    second = [*range(5), *range(100, 105)]
    cut = climb_ft_min(PhaseInputs(make_flight(second=second, vertical_speed_ft_min=speeds)))
    assert cut.tolist() == speeds


def test_the_slope_of_pressure_altitude_stands_in_for_vertical_speed() -> None:
    flight = make_flight(pressure_altitude_ft=[0, 10, 20, 30, 40])
    assert climb_ft_min(PhaseInputs(flight))[2:] == pytest.approx([600] * 3)
