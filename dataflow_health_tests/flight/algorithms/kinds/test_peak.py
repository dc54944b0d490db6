from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dataflow_health.flight.algorithms.algorithm import run_algorithm
from dataflow_health.flight.algorithms.flight_phase import Phase
from dataflow_health_tests.flight.algorithms.flights import (
    find_all,
    make_algorithm,
    make_flight,
    spans,
)

HARD = make_algorithm(
    kind="peak", of="g", beyond=1.8, at="weight_on_wheels = 1", within="PT2S"
)  # fmt: skip
NAN = np.nan


def landings(g: list[float], wheels: list[float], second: list[int] | None = None) -> list[object]:
    flight = make_flight(second=second, g=g, weight_on_wheels=wheels)
    return [(f.start_s, f.end_s, f.peak, f.peak_at_s) for f in find_all(HARD, flight)]


def test_a_finding_spans_the_samples_beyond_the_limit_in_the_window() -> None:
    wheels = [0.0] * 5 + [1] * 5
    assert landings([3.0, 3, 1, 1, 1.9, 2.2, 1, 1.9, 3, 3], wheels) == [(4, 7, 2.2, 5)]


def test_a_finding_names_the_quantity_of_its_peak() -> None:
    flight = make_flight(g=[1.0, 2.2, 1], weight_on_wheels=[0.0, 1, 1])
    assert [found.detail for found in find_all(HARD, flight)] == ["max g 2.2"]


def test_the_window_reaches_equally_far_to_both_sides() -> None:
    wheels = [0.0] * 5 + [1] * 5
    for second, inside in enumerate([False] * 3 + [True] * 5 + [False] * 2):
        g = [1.0] * 10
        g[second] = 2
        assert bool(landings(g, wheels)) == inside


def test_two_touchdowns_close_together_are_one_landing() -> None:
    wheels = [0.0, 0, 0, 1, 0, 1, 1, 1, 1]
    assert landings([1, 1, 1, 2, 1, 2.5, 1, 1, 1.0], wheels) == [(3, 5, 2.5, 5)]


def test_a_recording_that_begins_on_the_ground_begins_with_no_landing() -> None:
    assert landings([2.0, 2, 2], [1.0, 1, 1]) == []


def test_a_touchdown_after_an_unknown_state_is_no_landing() -> None:
    assert landings([2.0, 2, 2, 2], [0.0, NAN, 1, 1]) == []


def test_neither_the_edge_nor_the_window_reaches_over_a_gap() -> None:
    assert landings([1, 1, 2.0, 2], [0.0, 0, 1, 1], [0, 1, 5, 6]) == []
    assert landings([2, 1, 1.0, 1], [0.0, 0, 1, 1], [0, 2, 3, 4]) == []
    assert landings([1, 1, 2.0, 1], [0.0, 0, 1, 1], [0, 2, 3, 4]) == [(3, 3, 2, 3)]


def test_without_a_condition_the_extreme_of_the_flight_is_found() -> None:
    highest = make_algorithm(kind="peak", of="x", severity="info")
    (only,) = find_all(highest, make_flight(x=[1.0, NAN, 5, 4, 5]))
    assert (only.start_s, only.end_s, only.peak, only.severity) == (2, 2, 5, "info")


def test_the_extreme_is_taken_in_all_intervals_of_the_phases() -> None:
    highest = make_algorithm(kind="peak", of="x", during=["hover"])
    flight = make_flight(x=[1.0, 3, 9, 9, 2, 1])
    hover, taxi = Phase.HOVER, Phase.TAXI
    phases = np.array([taxi, hover, taxi, taxi, hover, taxi], dtype=np.uint8)
    (only,) = run_algorithm("x", highest, flight, phases).findings
    assert (only.start_s, only.peak) == (1, 3)


def test_a_smallest_value_must_lie_below_its_limit() -> None:
    lowest = make_algorithm(kind="peak", of="x", take="min", beyond=0)
    assert spans(find_all(lowest, make_flight(x=[1.0, -1, 1, -3, 1]))) == [(1, 3)]
    assert find_all(lowest, make_flight(x=[1.0, 0])) == []


def test_a_condition_needs_a_window_and_a_window_a_condition() -> None:
    for fields in ({"at": "x > 1"}, {"within": "PT2S"}):
        with pytest.raises(ValidationError, match="belong together"):
            make_algorithm(kind="peak", of="x", **fields)


@given(st.lists(st.sampled_from([0.0, 1.0]), min_size=1, max_size=40), st.data())
def test_findings_never_overlap(wheels: list[float], data: st.DataObject) -> None:
    g = data.draw(st.lists(st.sampled_from([1.0, 2.0]), min_size=len(wheels), max_size=len(wheels)))
    got = spans(find_all(HARD, make_flight(g=g, weight_on_wheels=wheels)))
    assert all(before[1] < after[0] for before, after in pairwise(got))
