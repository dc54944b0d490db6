import numpy as np
import pytest

from dataflow_health.flight.algorithms.phase_inputs import (
    VERTICAL_SPEED_MEAN_S,
    PhaseInputs,
    neighbours,
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
    whole = PhaseInputs(make_flight(vertical_speed_ft_min=speeds)).climb_ft_min
    assert whole[4] == 500 * (VERTICAL_SPEED_MEAN_S // 2) / VERTICAL_SPEED_MEAN_S
    second = [*range(5), *range(100, 105)]
    cut = PhaseInputs(make_flight(second=second, vertical_speed_ft_min=speeds)).climb_ft_min
    assert cut.tolist() == speeds


def test_the_slope_of_pressure_altitude_stands_in_for_vertical_speed() -> None:
    flight = make_flight(pressure_altitude_ft=[0, 10, 20, 30, 40])
    assert PhaseInputs(flight).climb_ft_min[2:] == pytest.approx([600] * 3)


def test_the_neighbours_of_a_row_are_those_within_reach_and_inside_the_recording() -> None:
    found: dict[int, list[int]] = {row: [] for row in range(4)}
    for here, there in neighbours(4, 2):
        for row, other in zip(range(4)[here], range(4)[there], strict=True):
            found[row].append(other)
    assert {row: sorted(others) for row, others in found.items()} == {
        0: [0, 1, 2],
        1: [0, 1, 2, 3],
        2: [0, 1, 2, 3],
        3: [1, 2, 3],
    }
    assert list(neighbours(0, 2)) == [(slice(0, 0), slice(0, 0))]


def test_the_values_that_rules_share_cannot_be_changed_by_one_of_them() -> None:
    inputs = PhaseInputs(make_flight(fast=[[1, 3], [5, NAN]]))
    with pytest.raises(ValueError, match="read-only"):
        inputs["fast"][0] = 7
