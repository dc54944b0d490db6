import pickle

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from dataflow_health.flight.algorithms.algorithm import (
    NO_PHASES_REASON,
    Algorithm,
    run_algorithm,
    run_algorithms,
    run_examples,
)
from dataflow_health.flight.algorithms.flight_phase import Phase
from dataflow_health_tests.flight.algorithms.flights import (
    answer,
    make_algorithm,
    make_flight,
    make_phases,
)


def test_what_an_algorithm_looks_at_includes_its_end_and_its_peak() -> None:
    algorithm = make_algorithm(
        when="a > 1", clear="b < 1", peak={"of": "abs(c - d)", "take": "max"}
    )
    assert algorithm.parameter_names == {"a", "b", "c", "d"}


def test_an_absent_parameter_makes_it_not_applicable_and_is_named() -> None:
    outcome = answer(make_algorithm(when="a > 1 and b > 1"), make_flight(a=[1.0]))
    assert (outcome.outcome, outcome.reason, outcome.findings) == (
        "not_applicable", "this recording has no sample of b", (),
    )  # fmt: skip


def test_a_parameter_without_any_value_is_as_good_as_absent() -> None:
    outcome = answer(make_algorithm(when="a > 1"), make_flight(a=[np.nan, np.nan]))
    assert outcome.outcome == "not_applicable"


def test_an_empty_recording_is_not_applicable() -> None:
    outcome = answer(make_algorithm(when="a > 1"), make_flight(second=[], a=[]))
    assert outcome.outcome == "not_applicable"


def test_without_phases_what_needs_one_is_not_applicable() -> None:
    flight = make_flight(a=[2.0])
    somewhere = make_algorithm(when="a > 1", during=["cruise"])
    outcome = run_algorithm("x", somewhere, flight, make_phases(flight, Phase.UNKNOWN))
    assert (outcome.outcome, outcome.reason) == ("not_applicable", NO_PHASES_REASON)
    everywhere = make_algorithm(when="a > 1")
    assert (
        run_algorithm("x", everywhere, flight, make_phases(flight, Phase.UNKNOWN)).outcome
        == "found"
    )


def test_nothing_found_is_clear_and_has_no_reason() -> None:
    outcome = answer(make_algorithm(when="a > 1"), make_flight(a=[0.0]))
    assert (outcome.outcome, outcome.reason) == ("clear", "")


def test_every_algorithm_answers_in_order_and_phases_come_from_the_flight() -> None:
    algorithms = {
        "in_flight": make_algorithm(when="a > 1", during=["airborne"]),
        "anywhere": make_algorithm(when="a > 1"),
        "absent": make_algorithm(when="z > 1"),
    }
    flight = make_flight(a=[2.0, 2, 2, 2], weight_on_wheels=[1.0, 0, 0, 1])
    outcomes = run_algorithms(algorithms, flight)
    assert [outcome.algorithm for outcome in outcomes] == list(algorithms)
    assert [outcome.outcome for outcome in outcomes] == ["found", "found", "not_applicable"]
    assert [(f.start_s, f.end_s) for f in outcomes[0].findings] == [(1, 2)]


def test_a_fault_in_a_kind_of_ours_is_not_hidden() -> None:
    flight = make_flight(a=[2.0, 2, 2])
    phases_of_another = make_phases(make_flight(a=[1.0, 2]))
    with pytest.raises(ValueError, match="broadcast"):
        run_algorithm(
            "x", make_algorithm(when="a > 1", during=["cruise"]), flight, phases_of_another
        )


def test_an_algorithm_travels_to_another_process() -> None:
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
def test_what_is_declared_wrongly_is_refused(fields: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        make_algorithm(**fields)


def test_the_schema_tells_the_kinds_apart() -> None:
    schema = TypeAdapter(Algorithm).json_schema()
    assert set(schema["discriminator"]["mapping"]) == {
        "exceedance", "peak", "rate_of_change", "time_in_band", "disagreement", "stuck", "python",
    }  # fmt: skip


def example(**fields: object) -> list[str]:
    shown = {"given": {"a": [0, 2, 2, 0]}, "expect": [{"start_s": 1, "end_s": 2}]} | fields
    return run_examples("x", make_algorithm(when="a > 1", during=["hover"], examples=[shown]))


def test_a_right_example_has_no_problem() -> None:
    assert example() == []
    assert example(expect=[{"start_s": 1, "end_s": 2, "peak": 2}]) == []
    assert example(given={"b": [1]}, expect={"outcome": "not_applicable"}) == []
    assert example(phase="climb", expect=[]) == []


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
        ({"given": {"b": [1]}}, "example 1: not_applicable: this recording has no sample of a"),
        ({"phase": "recorded"}, f"example 1: not_applicable: {NO_PHASES_REASON}"),
        (
            {"expect": {"outcome": "not_applicable"}},
            "example 1: expected not_applicable, got found",
        ),
    ],
)
def test_a_wrong_example_is_told_with_what_was_found(
    fields: dict[str, object], problem: str
) -> None:
    assert example(**fields) == [problem]
