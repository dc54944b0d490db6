import numpy as np
import pytest
from pydantic import ValidationError

from dataflow_health_tests.flight.algorithms.flights import (
    find_all,
    make_algorithm,
    make_flight,
    spans,
)

DROOP = make_algorithm(kind="rate_of_change", of="rotor", over="PT2S", falls_by_more_than=5)


def test_a_fall_is_found_where_it_exceeds_the_limit() -> None:
    (only,) = find_all(DROOP, make_flight(rotor=[100.0, 99, 97, 93, 92, 92]))
    assert (only.start_s, only.end_s, only.peak, only.peak_at_s) == (3, 3, -6, 3)
    assert only.severity == DROOP.severity


def test_exactly_the_limit_is_not_beyond_it() -> None:
    assert find_all(DROOP, make_flight(rotor=[100.0, 99, 95, 95])) == []


def test_a_rise_is_no_fall() -> None:
    assert find_all(DROOP, make_flight(rotor=[90.0, 95, 100])) == []


def test_the_window_is_in_seconds_at_any_rate() -> None:
    rows = np.array([100.0] * 8 + [94] * 8).reshape(4, 4).tolist()
    assert spans(find_all(DROOP, make_flight(rotor=rows))) == [(2, 3.75)]


def test_a_change_across_a_gap_or_from_nothing_is_unknown() -> None:
    assert find_all(DROOP, make_flight(second=[0, 1, 5, 6], rotor=[100.0, 100, 90, 90])) == []
    assert find_all(DROOP, make_flight(rotor=[np.nan, 100.0, 90])) == []
    assert find_all(DROOP, make_flight(rotor=[100.0])) == []


def test_a_change_must_last_and_its_condition_must_hold() -> None:
    fast = make_algorithm(
        kind="rate_of_change", of="tot", over="PT1S", rises_by_more_than=150, lasting="PT1S",
        when="ng < 50",
    )  # fmt: skip
    steep = [0.0, 160, 320, 330]
    assert spans(find_all(fast, make_flight(tot=steep, ng=20))) == [(1, 2)]
    assert find_all(fast, make_flight(tot=[0.0, 160, 170, 180], ng=20)) == []
    assert find_all(fast, make_flight(tot=steep, ng=[20.0, 20, 60, 60])) == []


@pytest.mark.parametrize("limits", [{}, {"rises_by_more_than": 1, "falls_by_more_than": 1}])
def test_exactly_one_direction_is_declared(limits: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match="give either"):
        make_algorithm(kind="rate_of_change", of="x", over="PT1S", **limits)


@pytest.mark.parametrize("limit", [0, -5])
def test_a_limit_is_a_size_not_a_direction(limit: float) -> None:
    with pytest.raises(ValidationError, match="greater than 0"):
        make_algorithm(kind="rate_of_change", of="x", over="PT1S", falls_by_more_than=limit)


def test_a_finding_is_labelled_with_value_and_window() -> None:
    (only,) = find_all(DROOP, make_flight(rotor=[100.0, 99, 94, 94.5]))
    assert only.detail == "change of rotor in 2 s -6"


def test_a_window_shorter_than_a_sample_is_one_sample() -> None:
    quick = make_algorithm(kind="rate_of_change", of="x", over="PT0.1S", rises_by_more_than=1)
    assert spans(find_all(quick, make_flight(x=[0.0, 2, 2, 5]))) == [(1, 1), (3, 3)]
