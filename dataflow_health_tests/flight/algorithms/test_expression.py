import numpy as np
import pytest

from dataflow_health.flight.algorithms.condition import parse_condition, parse_quantity
from dataflow_health.flight.algorithms.expression import (
    evaluate_boolean,
    first_comparison,
    negate,
    parameter_names,
)

NAN = np.nan


def evaluate(text: str, **columns: list[float]) -> list[float]:
    arrays = {name: np.array(values, dtype=np.float64) for name, values in columns.items()}
    return parse_quantity(text).evaluate(arrays).tolist()


def evaluate_condition(text: str, **columns: list[float]) -> list[bool]:
    arrays = {name: np.array(values, dtype=np.float64) for name, values in columns.items()}
    return parse_condition(text).evaluate(arrays).tolist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a + 2 * b", [21.0, 42.0]),
        ("(a + 2) * b", [30.0, 80.0]),
        ("-a", [-1.0, -2.0]),
        ("abs(a - b)", [9.0, 18.0]),
        ("greatest(a, b, 15)", [15.0, 20.0]),
        ("least(a, b)", [1.0, 2.0]),
        ("b / a / 2", [5.0, 5.0]),
        ("b - a - 1", [8.0, 17.0]),
    ],
)
def test_arithmetic_follows_the_usual_precedence(text: str, expected: list[float]) -> None:
    assert evaluate(text, a=[1, 2], b=[10, 20]) == expected


def test_greatest_and_least_skip_missing_samples() -> None:
    assert evaluate("greatest(a, b)", a=[1, NAN], b=[NAN, 2]) == [1, 2]
    assert evaluate("least(a, b)", a=[1, NAN], b=[NAN, 2]) == [1, 2]


def test_coalesce_takes_the_first_known_sample() -> None:
    assert evaluate("coalesce(a, b, 7)", a=[1, NAN, NAN], b=[5, 2, NAN]) == [1, 2, 7]


def test_division_by_zero_is_a_missing_sample() -> None:
    assert evaluate_condition("a / b > 1", a=[1.0, 4.0], b=[0.0, 2.0]) == [False, True]


@pytest.mark.parametrize("relation", ["<", "<=", ">", ">=", "=", "!="])
def test_a_comparison_with_a_missing_sample_is_false_and_so_is_its_opposite(relation: str) -> None:
    assert evaluate_condition(f"a {relation} 1", a=[NAN]) == [False]
    assert evaluate_condition(f"not a {relation} 1", a=[NAN]) == [False]


def test_not_follows_the_laws_of_de_morgan() -> None:
    columns = {"a": [0.0, 0.0, 2.0, 2.0], "b": [0.0, 2.0, 0.0, 2.0]}
    assert evaluate_condition("not (a > 1 and b > 1)", **columns) == [True, True, True, False]
    assert evaluate_condition("not (a > 1 or b > 1)", **columns) == [True, False, False, False]


def test_negating_twice_changes_nothing() -> None:
    tree = parse_condition("(a > 1 and b != 2) or a between 3 and 4").tree
    assert negate(negate(tree)) == tree


def test_the_first_comparison_is_the_leftmost() -> None:
    assert str(first_comparison(parse_condition("(a > 1 or b > 2) and c > 3").tree)) == "a > 1"


def test_names_are_those_of_parameters_only() -> None:
    assert parameter_names(parse_condition("abs(a - b) > 5 and coalesce(c, 1) = 2").tree) == {
        "a",
        "b",
        "c",
    }


def test_a_condition_on_constants_and_columns_keeps_the_columns_length() -> None:
    tree = parse_condition("a > 1 and 2 > 1").tree
    assert evaluate_boolean(tree, {"a": np.array([0.0, 2.0, 3.0])}).tolist() == [False, True, True]
