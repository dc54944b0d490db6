import numpy as np
import pytest
from pydantic import ValidationError

from dataflow_health.flight.algorithms.example import Example, to_flight
from dataflow_health.flight.recording import Flight


def flight(**given: object) -> Flight:
    return to_flight(Example.model_validate({"given": given, "expect": []}))


def test_a_list_is_samples_once_a_second() -> None:
    values = flight(a=[1, 2, None]).values["a"]
    assert values.shape == (3, 1)
    assert values[:2, 0].tolist() == [1, 2]
    assert np.isnan(values[2, 0])


def test_a_number_is_held_for_as_long_as_the_others_last() -> None:
    assert flight(a=[1, 2, 3], b=7).values["b"].tolist() == [[7], [7], [7]]


def test_repetitions_and_straight_lines_have_a_short_form() -> None:
    assert flight(a=["3 x 2", "0 to 6 x 4", -1]).values["a"][:, 0].tolist() == [
        3,
        3,
        0,
        2,
        4,
        6,
        -1,
    ]


def test_a_fast_parameter_has_several_samples_per_row() -> None:
    values = flight(a={"rate_hz": 4, "values": ["1 x 4", 2, 3]}).values["a"]
    assert values[0].tolist() == [1, 1, 1, 1]
    assert values[1, :2].tolist() == [2, 3]
    assert np.isnan(values[1, 2:]).all()


def test_a_slow_parameter_has_holes_between() -> None:
    values = flight(a={"rate_hz": 0.5, "values": [1, 2]}).values["a"][:, 0]
    assert values[[0, 2]].tolist() == [1, 2]
    assert np.isnan(values[[1, 3]]).all()


def test_the_longest_parameter_decides_the_length() -> None:
    made = flight(a=[1, 2], b=[1, 2, 3])
    assert made.second.tolist() == [0, 1, 2]
    assert np.isnan(made.values["a"][2, 0])


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"a": ["3 times"]},
        {"a": ["3 x"]},
        {"a": ["x x 3"]},
        {"a": {"rate_hz": 0.3, "values": [1]}},
        {"a": {"rate_hz": 0, "values": [1]}},
        {"a": {"rate_hz": 2.5, "values": [1]}},
    ],
)
def test_anything_but_samples_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Example.model_validate({"given": given, "expect": []})


def test_an_unknown_phase_is_refused() -> None:
    with pytest.raises(ValidationError):
        Example.model_validate({"given": {"a": [1]}, "phase": "cruising", "expect": []})
