from typing import Any

import pytest
from pydantic import TypeAdapter

from dataflow_health.flight.algorithms.algorithm import Algorithm
from dataflow_health.flight.algorithms.limits import limits
from dataflow_health_tests.factories import catalogue


def levels(**declared: Any) -> list[tuple[str, float]]:
    head = {"describes": "x", "source": "x", "severity": "alert", "examples": []}
    algorithm = TypeAdapter[Algorithm](Algorithm).validate_python({**head, **declared})
    return [(each.parameter, each.value) for each in limits({"a": algorithm})]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("rotor < 95", [("rotor", 95)]),
        ("95 > rotor", [("rotor", 95)]),
        ("oil < 35 and ng > 60", [("oil", 35)]),
        ("(volts < 26 or volts > 29.5) and ng > 60", [("volts", 26), ("volts", 29.5)]),
        ("abs(roll) > 30 and height < 300", [("roll", -30), ("roll", 30)]),
        ("greatest(q1, q2) > 105", [("q1", 105), ("q2", 105)]),
        ("abs(left - right) > 80", []),
        ("left > right", []),
    ],
)
def test_the_main_quantity_has_its_levels(when: str, expected: list[tuple[str, float]]) -> None:
    assert levels(kind="exceedance", when=when) == expected


def test_a_band_and_a_peak_have_levels_and_a_disagreement_has_none() -> None:
    assert levels(kind="time_in_band", of="x", band=[1, 3], total="PT9S") == [("x", 1), ("x", 3)]
    assert levels(kind="peak", of="x", beyond=7) == [("x", 7)]
    assert levels(kind="peak", of="x") == []
    assert levels(kind="disagreement", between=["x", "y"], by_more_than=5) == []


def test_a_shipped_limit_says_when_it_applies() -> None:
    found = {each.algorithm: each for each in limits(catalogue().algorithms)}
    low = found["rotor_speed_low"]
    assert (low.parameter, low.value, low.severity) == ("rotor_speed_pct", 95, "alert")
    assert low.describes == "rotor_speed_pct < 95, for at least 2 s, during airborne"
