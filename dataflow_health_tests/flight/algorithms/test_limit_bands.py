import pytest
from pydantic import TypeAdapter

from dataflow_health.flight.algorithms.algorithm import Algorithm
from dataflow_health.flight.algorithms.limit_bands import limit_bands

PROSE = {"describes": "A limit.", "source": "A test.", "severity": "warning", "examples": []}


def bands(**keys: object) -> list[tuple[str, float | None, float | None]]:
    example = {"given": {"a": [0]}, "expect": []}
    given = PROSE | {"examples": [example]} | keys
    algorithm = TypeAdapter[Algorithm](Algorithm).validate_python(given)
    return [tuple(each) for each in limit_bands(algorithm)]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("a > 9", [("a", 9, None)]),
        ("9 < a", [("a", 9, None)]),
        ("a <= -2.5", [("a", None, -2.5)]),
        ("a > 9 or a < 1", [("a", 9, None), ("a", None, 1)]),
        ("a between 3 and 5", [("a", 3, 5)]),
        ("not (a >= 3 and a <= 5)", [("a", None, 3), ("a", 5, None)]),
        ("abs(a) > 4", [("a", 4, None), ("a", None, -4)]),
        ("abs(a) < 4", [("a", -4, 4)]),
        ("a > 9 and b < 2", [("a", 9, None), ("b", None, 2)]),
        ("a > 9 and (b < 2 or b > 3)", [("a", 9, None), ("b", None, 2), ("b", 3, None)]),
        ("a > b", []),
        ("a + 1 > 9", []),
        ("a = 1", []),
    ],
)
def test_values_beyond_the_limit_of_a_condition(
    when: str, expected: list[tuple[str, float | None, float | None]]
) -> None:
    assert bands(kind="exceedance", when=when) == expected


def test_values_that_a_time_in_a_band_counts() -> None:
    counted = {"kind": "time_in_band", "of": "a", "band": [3, 5], "total": "PT1S"}
    assert bands(**counted) == [("a", 3, 5)]
    assert bands(**counted, counting="outside") == [("a", None, 3), ("a", 5, None)]
    assert bands(**counted | {"of": "a - b"}) == []


def test_a_limit_of_a_change_is_no_value() -> None:
    assert bands(kind="rate_of_change", of="a", over="PT1S", rises_by_more_than=2) == []
