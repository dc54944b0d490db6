import numpy as np

from dataflow_health.flight.algorithms.condition import parse_condition, parse_quantity
from dataflow_health.flight.algorithms.flight_phase import Phase, classify_phases
from dataflow_health.flight.algorithms.sample_grid import SampleGrid
from dataflow_health_tests.flight.algorithms.flights import make_flight, make_phases


def test_the_grid_of_an_algorithm_runs_at_its_fastest_parameter() -> None:
    flight = make_flight(slow=[1.0, 2], fast=[[1.0, 2, 3, 4], [5, 6, 7, 8]])
    grid = SampleGrid(flight, make_phases(flight))
    assert grid.rate_hz(["slow"]) == 1
    assert grid.rate_hz(["slow", "fast"]) == 4
    assert grid.quantity_values(parse_quantity("slow + fast"), 4).tolist() == [
        2,
        3,
        4,
        5,
        7,
        8,
        9,
        10,
    ]


def test_a_column_is_computed_once_and_shared() -> None:
    flight = make_flight(slow=[1.0, 2])
    grid = SampleGrid(flight, make_phases(flight))
    assert grid.column("slow", 4) is grid.column("slow", 4)


def test_times_of_samples_count_lost_seconds() -> None:
    flight = make_flight(second=[0, 1, 10], x=[[0.0, 0], [0, 0], [0, 0]])
    grid = SampleGrid(flight, make_phases(flight))
    assert grid.time_s(np.arange(6), 2).tolist() == [0, 0.5, 1, 1.5, 10, 10.5]
    assert grid.segment_starts(2).tolist() == [True, False, False, False, True, False]


def test_a_phase_lasts_all_of_its_second() -> None:
    flight = make_flight(x=[1.0, 2])
    grid = SampleGrid(flight, np.array([Phase.GROUND, Phase.STEADY], dtype=np.uint8))
    assert grid.phase_mask(["cruise"], 2).tolist() == [False, False, True, True]
    assert grid.phase_mask([], 2).all()


def test_single_precision_does_not_move_a_value_over_its_limit() -> None:
    flight = make_flight(x=[0.0])
    flight.values["x"] = np.array([[0.1]], dtype=np.float32)  # type: ignore[index]
    grid = SampleGrid(flight, make_phases(flight))
    assert grid.column("x", 1).dtype == np.float64
    assert grid.condition_mask(parse_condition("x > 0.1"), 1).tolist() == [True]


def test_phases_that_are_not_given_are_classified_from_the_flight() -> None:
    flight = make_flight(weight_on_wheels=[1.0, 1.0], rotor_speed_pct=[100.0, 100.0])
    grid = SampleGrid(flight)
    assert grid.phases.tolist() == classify_phases(flight).tolist()
    assert grid.phases is grid.phases


def test_a_parameter_that_is_absent_or_without_a_value_is_not_there() -> None:
    grid = SampleGrid(make_flight(x=[1.0, np.nan], empty=[np.nan, np.nan]))
    assert [grid.has(name) for name in ("x", "empty", "absent")] == [True, False, False]
