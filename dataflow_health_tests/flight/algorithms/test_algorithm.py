import pickle

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from dataflow_health.flight.algorithms.algorithm import (
    NO_PHASES_REASON,
    Algorithm,
    algorithms_using,
    read_parameters,
    run_algorithm,
    run_algorithms,
    run_examples,
)
from dataflow_health.flight.algorithms.flight_phase import PHASE_PARAMETERS, Phase
from dataflow_health_tests.flight.algorithms.flights import (
    make_algorithm,
    make_flight,
    make_phases,
    run,
)


def test_the_parameters_include_those_of_the_end_and_of_the_peak() -> None:
    algorithm = make_algorithm(
        when="a > 1", clear="b < 1", peak={"of": "abs(c - d)", "take": "max"}
    )
    assert algorithm.parameter_names == {"a", "b", "c", "d"}


def test_the_algorithms_that_use_a_parameter_are_named() -> None:
    algorithms = {"z": make_algorithm(when="a > 1"), "b": make_algorithm(when="a > b")}
    assert algorithms_using(algorithms, "a") == ("b", "z")
    assert algorithms_using(algorithms, "c") == ()


def test_only_an_algorithm_that_needs_phases_reads_their_parameters() -> None:
    assert read_parameters(make_algorithm(when="a > 1")) == {"a"}
    somewhere = make_algorithm(when="a > 1", during=["cruise"])
    assert read_parameters(somewhere) == {"a", *PHASE_PARAMETERS}


def test_an_absent_parameter_is_named_and_the_algorithm_not_applicable() -> None:
    result = run(make_algorithm(when="a > 1 and b > 1"), make_flight(a=[1.0]))
    assert (result.outcome, result.reason, result.findings) == (
        "not_applicable", "this recording has no sample of b", (),
    )  # fmt: skip


def test_a_parameter_without_any_value_counts_as_absent() -> None:
    result = run(make_algorithm(when="a > 1"), make_flight(a=[np.nan, np.nan]))
    assert result.outcome == "not_applicable"


def test_an_empty_recording_is_not_applicable() -> None:
    result = run(make_algorithm(when="a > 1"), make_flight(second=[], a=[]))
    assert result.outcome == "not_applicable"


def test_without_phases_an_algorithm_that_needs_one_is_not_applicable() -> None:
    flight = make_flight(a=[2.0])
    somewhere = make_algorithm(when="a > 1", during=["cruise"])
    result = run_algorithm("x", somewhere, flight, make_phases(flight, Phase.UNKNOWN))
    assert (result.outcome, result.reason) == ("not_applicable", NO_PHASES_REASON)
    everywhere = make_algorithm(when="a > 1")
    assert (
        run_algorithm("x", everywhere, flight, make_phases(flight, Phase.UNKNOWN)).outcome
        == "found"
    )


def test_a_result_without_findings_is_clear_and_has_no_reason() -> None:
    result = run(make_algorithm(when="a > 1"), make_flight(a=[0.0]))
    assert (result.outcome, result.reason) == ("clear", "")


def test_every_algorithm_has_a_result_and_phases_come_from_the_flight() -> None:
    algorithms = {
        "in_flight": make_algorithm(when="a > 1", during=["airborne"]),
        "anywhere": make_algorithm(when="a > 1"),
        "absent": make_algorithm(when="z > 1"),
    }
    flight = make_flight(a=[2.0, 2, 2, 2], weight_on_wheels=[1.0, 0, 0, 1])
    results = run_algorithms(algorithms, flight)
    assert [result.algorithm for result in results] == list(algorithms)
    assert [result.outcome for result in results] == ["found", "found", "not_applicable"]
    assert [(f.start_s, f.end_s) for f in results[0].findings] == [(1, 2)]


def test_an_error_in_a_built_in_kind_is_not_hidden() -> None:
    flight = make_flight(a=[2.0, 2, 2])
    phases_of_another = make_phases(make_flight(a=[1.0, 2]))
    with pytest.raises(ValueError, match="broadcast"):
        run_algorithm(
            "x", make_algorithm(when="a > 1", during=["cruise"]), flight, phases_of_another
        )


def test_an_algorithm_can_be_pickled() -> None:
    algorithm = make_algorithm(when="a > 1", clear="a < 0.5")
    copy = pickle.loads(pickle.dumps(algorithm))
    assert copy == algorithm
    assert copy.version == algorithm.version


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"kind": "exceedence", "when": "a > 1"}, "exceedance"),
        ({"when": "a >"}, "cannot read"),
        ({"when": "a > 1", "lasting": 5}, "ISO 8601"),
        ({"when": "a > 1", "during": ["cruising"]}, "cruise"),
        ({"when": "a > 1", "severity": "bad"}, "alert"),
        ({"when": "a > 1", "sources": "x"}, "Extra inputs"),
        ({"when": "a > 1", "source": ""}, "at least 1 character"),
        ({}, "Field required"),
    ],
)
def test_a_wrong_declaration_is_refused(fields: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        make_algorithm(**fields)


def test_the_schema_selects_the_model_by_kind() -> None:
    schema = TypeAdapter(Algorithm).json_schema()
    assert set(schema["discriminator"]["mapping"]) == {
        "exceedance", "peak", "rate_of_change", "time_in_band", "disagreement", "stuck", "python",
    }  # fmt: skip


def example_problems(**fields: object) -> list[str]:
    shown = {"given": {"a": [0, 2, 2, 0]}, "expect": [{"start_s": 1, "end_s": 2}]} | fields
    return run_examples("x", make_algorithm(when="a > 1", during=["hover"], examples=[shown]))


def test_a_correct_example_has_no_problem() -> None:
    assert example_problems() == []
    assert example_problems(expect=[{"start_s": 1, "end_s": 2, "peak": 2}]) == []
    assert example_problems(given={"b": [1]}, expect={"outcome": "not_applicable"}) == []
    assert example_problems(phase="climb", expect=[]) == []


def test_an_example_of_an_algorithm_for_every_phase_needs_no_phase() -> None:
    example = {"given": {"a": [0, 2, 2, 0]}, "expect": [{"start_s": 1, "end_s": 2}]}
    assert run_examples("x", make_algorithm(when="a > 1", examples=[example])) == []


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"expect": []}, "example 1: expected nothing, found 1 to 2 s (peak 2)"),
        (
            {"expect": [{"start_s": 1, "end_s": 3}], "describes": "One."},
            "example 1 (One.): expected 1 to 3 s, found 1 to 2 s (peak 2)",
        ),
        (
            {"expect": [{"start_s": 1, "end_s": 2, "peak": 3}]},
            "example 1: expected 1 to 2 s (peak 3), found 1 to 2 s (peak 2)",
        ),
        ({"given": {"a": [0, 0]}}, "example 1: expected 1 to 2 s, found nothing"),
        (
            {"given": {"a": [0, 2, 0, 3, 0]}, "expect": []},
            "example 1: expected nothing, found 1 to 1 s (peak 2), 3 to 3 s (peak 3)",
        ),
        ({"given": {"b": [1]}}, "example 1: not_applicable: this recording has no sample of a"),
        ({"phase": "recorded"}, f"example 1: not_applicable: {NO_PHASES_REASON}"),
        (
            {"expect": {"outcome": "not_applicable"}},
            "example 1: expected not_applicable, got found",
        ),
    ],
)
def test_a_wrong_example_is_reported_with_its_findings(
    fields: dict[str, object], problem: str
) -> None:
    assert example_problems(**fields) == [problem]
