import numpy as np
import pytest

from dataflow_health_tests.flight.algorithms.flights import make_algorithm, make_flight, run

RATIO = make_algorithm(when="a / b > 2")


def test_a_divisor_that_is_always_zero_makes_the_algorithm_not_applicable() -> None:
    result = run(RATIO, make_flight(a=[1.0, 9.0], b=[0.0, 0.0]))
    assert (result.outcome, result.reason) == (
        "not_applicable", "division by zero, not examined: a / b > 2 (2 of 2 samples)",
    )  # fmt: skip


def test_samples_with_a_zero_divisor_are_counted_in_the_reason() -> None:
    result = run(RATIO, make_flight(a=[1.0, 9.0, 1.0, np.nan], b=[1.0, 0.0, 1.0, 0.0]))
    assert (result.outcome, result.reason) == (
        "clear", "division by zero, not examined: a / b > 2 (1 of 3 samples)",
    )  # fmt: skip


def test_a_finding_of_another_part_remains() -> None:
    algorithm = make_algorithm(when="a / b > 2 or c > 1")
    flight = make_flight(a=[1.0, 1.0], b=[0.0, 0.0], c=[0.0, 5.0])
    assert run(algorithm, flight).outcome == "found"


@pytest.mark.parametrize(
    "when", ["b > 10 and a / b > 2", "coalesce(a / b, 0) > 2", "a > 100 and a / b > 2", "a / 4 > 2"]
)
def test_a_condition_that_is_decided_without_the_quotient_is_clear(when: str) -> None:
    result = run(make_algorithm(when=when), make_flight(a=[1.0, 2.0], b=[0.0, 0.0]))
    assert (result.outcome, result.reason) == ("clear", "")


def test_only_the_examined_phases_count() -> None:
    algorithm = make_algorithm(when="a / b > 2", during=["hover"])
    assert run(algorithm, make_flight(a=[1.0], b=[0.0])).outcome == "clear"


def test_a_quantity_is_examined_only_where_its_condition_holds() -> None:
    def outcome(when: str) -> str:
        algorithm = make_algorithm(
            kind="disagreement", between=["a / b", "c"], by_more_than=1, when=when
        )
        return run(algorithm, make_flight(a=[1.0], b=[0.0], c=[1.0])).outcome

    assert outcome("b > 10") == "clear"
    assert outcome("a > 0") == "not_applicable"
