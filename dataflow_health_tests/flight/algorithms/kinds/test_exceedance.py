import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dataflow_health.flight.algorithms.flight_phase import Phase
from dataflow_health_tests.flight.algorithms.flights import (
    find_all,
    make_algorithm,
    make_flight,
    spans,
)

LOW = make_algorithm(when="pressure_psi < 35", lasting="PT5S")
NAN = np.nan


def low(values: list[float], second: list[int] | None = None) -> list[tuple[float, float]]:
    return spans(find_all(LOW, make_flight(second=second, pressure_psi=values)))


def test_the_end_is_the_last_sample_that_is_beyond() -> None:
    assert low([50, 34, 34, 34, 34, 34, 34, 50]) == [(1, 6)]


@pytest.mark.parametrize(("samples", "expected"), [(5, []), (6, [(2, 7)]), (7, [(2, 8)])])
def test_a_duration_is_met_exactly_to_the_sample(
    samples: int, expected: list[tuple[float, float]]
) -> None:
    assert low([50, 50] + [34] * samples + [50]) == expected


def test_a_duration_at_an_odd_rate_is_met_in_spite_of_rounding() -> None:
    third = make_algorithm(when="x > 1", lasting="PT1S")
    rows = [[0.0, 0, 2], [2, 2, 2], [0, 0, 0]]
    assert spans(find_all(third, make_flight(x=rows))) == [
        (pytest.approx(2 / 3), pytest.approx(5 / 3))
    ]


def test_an_event_does_not_go_on_across_a_gap() -> None:
    seconds = [0, 1, 2, 3, 10, 11, 12, 13]
    assert low([34] * 8, seconds) == []
    assert low([34] * 9, [0, 1, 2, 10, 11, 12, 13, 14, 15]) == [(10, 15)]


def test_a_missing_sample_ends_an_event() -> None:
    assert low([34, 34, 34, NAN, 34, 34, 34, 34]) == []


def test_an_event_at_either_end_of_the_recording_counts() -> None:
    assert low([34] * 6 + [50] + [34] * 6) == [(0, 5), (7, 12)]


def test_a_slower_parameter_is_held_on_the_grid_of_the_fastest() -> None:
    algorithm = make_algorithm(when="slow > 1 and fast > 1")
    flight = make_flight(slow=[0.0, 2, 0], fast=[[2.0, 2], [0, 2], [2, 2]])
    assert spans(find_all(algorithm, flight)) == [(1.5, 1.5)]


def test_an_event_is_found_only_in_its_phases() -> None:
    algorithm = make_algorithm(when="x > 1", during=["hover", "taxi"])
    flight = make_flight(x=[2.0, 2])
    assert spans(find_all(algorithm, flight, Phase.HOVER)) == [(0, 1)]
    assert find_all(algorithm, flight, Phase.CLIMB) == []


def test_an_event_lasts_until_it_is_clear() -> None:
    algorithm = make_algorithm(when="x > 100", clear="x < 95", lasting="PT3S")
    values = [90.0, 101, 97, 99, 96, 94, 97, 90]
    assert spans(find_all(algorithm, make_flight(x=values))) == [(1, 4)]


def test_the_condition_that_ends_an_event_does_not_begin_one() -> None:
    algorithm = make_algorithm(when="x > 100", clear="x < 95")
    assert find_all(algorithm, make_flight(x=[99.0, 98, 97])) == []


def test_a_gap_ends_an_event_that_was_not_clear() -> None:
    algorithm = make_algorithm(when="x > 100", clear="x < 95")
    flight = make_flight(second=[0, 1, 5, 6], x=[101.0, 97, 97, 97])
    assert spans(find_all(algorithm, flight)) == [(0, 1)]


@pytest.mark.parametrize(
    ("when", "peak", "peak_at_s"),
    [
        ("x > 1", 5, 2),
        ("x >= 1", 5, 2),
        ("x < 9", 2, 1),
        ("1 < x", 5, 2),
        ("9 > x", 2, 1),
        ("abs(0 - x) > 1", 5, 2),
        ("x = x", None, None),
        ("x != 9", None, None),
    ],
)
def test_the_peak_is_that_of_the_first_comparison(
    when: str, peak: float | None, peak_at_s: float | None
) -> None:
    first, *_ = find_all(make_algorithm(when=when), make_flight(x=[3.0, 2, 5, 5, 3]))
    assert (first.peak, first.peak_at_s) == (peak, peak_at_s)


def test_a_declared_peak_may_be_of_another_parameter() -> None:
    algorithm = make_algorithm(when="x > 1", peak={"of": "y", "take": "min"})
    (only,) = find_all(algorithm, make_flight(x=[0.0, 2, 2, 2, 0], y=[0.0, 7, NAN, 6, 0]))
    assert (only.peak, only.peak_at_s, only.detail) == (6, 3, "min y 6")


def test_a_peak_may_be_the_furthest_value_on_either_side() -> None:
    algorithm = make_algorithm(when="abs(x) > 1", peak={"of": "x", "furthest_from": 0})
    (only,) = find_all(algorithm, make_flight(x=[2.0, -3, 2]))
    assert only.peak == -3


def test_a_finding_has_no_peak_where_its_parameter_is_missing() -> None:
    algorithm = make_algorithm(when="x > 1", peak={"of": "y", "take": "max"})
    (only,) = find_all(algorithm, make_flight(x=[0.0, 2], y=[5.0, NAN]))
    assert (only.peak, only.peak_at_s) == (None, None)


@pytest.mark.parametrize("peak", [{"of": "x"}, {"of": "x", "take": "max", "furthest_from": 0}])
def test_exactly_one_kind_of_peak_is_declared(peak: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="give either take"):
        make_algorithm(when="x > 1", peak=peak)


lines = st.lists(st.sampled_from([0.0, 20.0, 34.0, 35.0, 50.0]), min_size=1, max_size=40)


@given(lines, lines, st.integers(1, 50))
def test_samples_outside_an_event_and_its_start_time_change_no_finding(
    line: list[float], other: list[float], later: int
) -> None:
    alone = low(line)
    start = len(other) + later
    seconds = [*range(len(other)), *range(start, start + len(line))]
    joined = low(other + line, seconds)
    assert joined == low(other) + [(a + start, b + start) for a, b in alone]
