from dataflow_health.flight.algorithms.algorithm import run_algorithms
from dataflow_health.flight.algorithms.coverage import (
    NOT_MAPPED,
    PHASES,
    Coverage,
    result_coverage,
)
from dataflow_health_tests.flight.algorithms.flights import make_algorithm, make_flight

ALGORITHMS = {
    "oil": make_algorithm(when="oil > 1"),
    "torque": make_algorithm(when="torque > 1 and oil > 1", during=["cruise"]),
}


def of_results(algorithms, flight) -> Coverage:
    results = run_algorithms(algorithms, flight)
    return result_coverage((each.algorithm, each.outcome, each.reason) for each in results)


def test_results_give_the_same_parameters_as_the_layout() -> None:
    found = of_results(ALGORITHMS, make_flight(oil=[0.0]))
    assert found == Coverage(2, {"torque": ("torque",)})
    unphased = of_results(ALGORITHMS, make_flight(oil=[0.0], torque=[0.0]))
    assert unphased.lacking == {"torque": (PHASES,)}


def test_the_sentence_of_a_silent_recording_names_what_most_algorithms_lack_first() -> None:
    silent = Coverage(2, {"a": ("x", "y"), "b": ("y",)})
    text = "0 of 2 algorithms apply to B-1026: parameters without a sample: y, x"
    assert silent.describe("B-1026") == text
    many = Coverage(1, {"a": tuple("abcdefghij")})
    assert "apply to it: parameters not mapped: a, b" in many.describe("it", NOT_MAPPED)
    assert many.describe("B-1026").endswith(": a, b, c, d, e, f, g, h and 2 more")
    assert Coverage(2, {"a": ("x",)}).describe("B-1026") == "1 of 2 algorithms apply to B-1026"


def test_no_algorithm_is_no_silence_and_another_reason_stands_for_itself() -> None:
    assert not result_coverage(()).is_silent
    divided = "division by zero, not examined: a/b"
    found = result_coverage(
        [("a", "not_applicable", divided), ("b", "failed", "boom"), ("c", "clear", "")]
    )
    assert (found.applicable, found.missing) == (1, ())
    assert found.reasons == {"a": divided, "b": "boom"}
