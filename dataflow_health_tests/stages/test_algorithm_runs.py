from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from dataflow_health.flight.recording import Flight
from dataflow_health.stages import algorithm_runs
from dataflow_health.stages.algorithm_runs import RESULTS_SCHEMA, map_function, to_flight
from dataflow_health_tests.flight.algorithms.flights import make_algorithm


def table(recording: str, *values: float | None) -> pa.Table:
    rows = len(values)
    return pa.table(
        {
            "recording": pa.array([recording] * rows),
            "second": pa.array(range(rows), pa.int32()),
            "torque": pa.array(values, pa.float64()),
        }
    )


def test_samples_of_a_parameter_are_side_by_side_and_a_null_is_missing() -> None:
    flight = to_flight(
        pa.table({"second": [4, 6], "roll__1": [1, 2], "roll__2": [3, None], "torque": [5.0, 6.0]})
    )
    assert flight.second.tolist() == [4, 6]
    np.testing.assert_array_equal(flight.values["roll"], [[1, 3], [2, np.nan]])
    np.testing.assert_array_equal(flight.values["torque"], [[5], [6]])


def test_every_algorithm_has_one_row_for_every_wanted_recording() -> None:
    algorithms = {"high": make_algorithm(when="torque > 5"), "other": make_algorithm(when="x > 1")}
    batches = [*table("a", 1, 9, 1).to_batches(), *table("b", 9).to_batches()]
    run = map_function(algorithms, frozenset({"a"}))
    rows = [row for batch in run(batches) for row in batch.to_pylist()]
    assert [(row["recording"], row["algorithm"], row["outcome"]) for row in rows] == [
        ("a", "high", "found"), ("a", "other", "not_applicable"),
    ]  # fmt: skip
    assert [(found["start_s"], found["end_s"]) for found in rows[0]["findings"]] == [(1.0, 1.0)]


def test_a_recording_that_breaks_the_algorithms_has_failed_results_and_stops_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run_all: Callable[..., object] = algorithm_runs.run_algorithms

    def break_on_two_rows(algorithms: object, flight: Flight) -> object:
        if len(flight.second) == 2:
            raise MemoryError
        return run_all(algorithms, flight)

    monkeypatch.setattr(algorithm_runs, "run_algorithms", break_on_two_rows)
    algorithms = {name: make_algorithm(when="torque > 5") for name in ("high", "higher")}
    batches = [*table("a", 1, 9).to_batches(), *table("b", 9).to_batches()]
    run = map_function(algorithms, frozenset({"a", "b"}))
    rows = [row for batch in run(batches) for row in batch.to_pylist()]
    assert [(row["recording"], row["algorithm"], row["outcome"]) for row in rows] == [
        ("a", "high", "failed"), ("a", "higher", "failed"),
        ("b", "high", "found"), ("b", "higher", "found"),
    ]  # fmt: skip
    assert rows[0]["reason"] == "the recording raised MemoryError"


def test_a_division_by_zero_has_the_same_outcome_as_without_the_engine() -> None:
    run = map_function({"ratio": make_algorithm(when="1 / torque > 5")}, frozenset({"a"}))
    (row,) = [row for batch in run(table("a", 0, 0).to_batches()) for row in batch.to_pylist()]
    assert (row["outcome"], row["reason"]) == (
        "not_applicable", "division by zero, not examined: 1 / torque > 5 (2 of 2 samples)",
    )  # fmt: skip


def test_the_batches_have_the_schema_of_the_results() -> None:
    run = map_function({"high": make_algorithm(when="torque > 5")}, frozenset({"a"}))
    assert [batch.schema for batch in run(table("a", 1).to_batches())] == [RESULTS_SCHEMA]
