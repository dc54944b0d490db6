from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.flight.algorithms.algorithm import Algorithm
from dataflow_health.stages import algorithm_runs
from dataflow_health.stages.algorithm_runs import RESULTS_SCHEMA, run_recording, to_flight
from dataflow_health_tests.flight.algorithms.flights import make_algorithm


def rows(*values: float | None) -> pa.Table:
    return pa.table(
        {
            "second": pa.array(range(len(values)), pa.int32()),
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


@given(st.lists(st.floats(allow_nan=False) | st.none(), min_size=1, max_size=20))
def test_samples_are_those_of_the_table_bit_for_bit(samples: list[float | None]) -> None:
    column = pa.chunked_array([pa.array(samples, pa.float64())] * 2)
    flight = to_flight(pa.table({"second": range(2 * len(samples)), "torque": column}))
    expected = np.array([float("nan") if each is None else each for each in samples] * 2)
    assert flight.values["torque"].tobytes() == expected.tobytes()


def run(algorithms: Mapping[str, Algorithm], *values: float) -> list[Any]:
    """Rows of the results of a recording ``a``."""
    batch = run_recording(algorithms, "a", rows(*values))
    assert batch.schema == RESULTS_SCHEMA
    batch.validate(full=True)
    return batch.to_pylist()


def test_every_algorithm_has_one_row() -> None:
    algorithms = {"high": make_algorithm(when="torque > 5"), "other": make_algorithm(when="x > 1")}
    found = run(algorithms, 1, 9, 1)
    assert [(row["recording"], row["algorithm"], row["outcome"]) for row in found] == [
        ("a", "high", "found"), ("a", "other", "not_applicable"),
    ]  # fmt: skip
    assert [(found["start_s"], found["end_s"]) for found in found[0]["findings"]] == [(1.0, 1.0)]
    assert found[1]["findings"] == []


def test_a_recording_that_breaks_the_algorithms_has_failed_results(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def break_down(_algorithms: object, _flight: object) -> object:
        raise MemoryError

    monkeypatch.setattr(algorithm_runs, "run_algorithms", break_down)
    found = run({name: make_algorithm(when="torque > 5") for name in ("high", "higher")}, 1, 9)
    assert [(row["algorithm"], row["outcome"]) for row in found] == [
        ("high", "failed"), ("higher", "failed"),
    ]  # fmt: skip
    assert found[0]["reason"] == "the recording raised MemoryError"


def test_a_division_by_zero_has_the_same_outcome_as_without_the_engine() -> None:
    (row,) = run({"ratio": make_algorithm(when="1 / torque > 5")}, 0, 0)
    assert (row["outcome"], row["reason"]) == (
        "not_applicable", "division by zero, not examined: 1 / torque > 5 (2 of 2 samples)",
    )  # fmt: skip
