import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dataflow_health_tests.flight.algorithms.flights import (
    find_all,
    make_algorithm,
    make_flight,
    spans,
)

SPLIT = make_algorithm(kind="disagreement", between=["a", "b"], by_more_than=10, lasting="PT2S")
LEAK = make_algorithm(
    kind="disagreement", between=["fuel", "flow / 3600"], integral_over="PT60S",
    by_more_than_percent=15,
)  # fmt: skip


def test_two_values_may_differ_up_to_the_tolerance() -> None:
    a = [60.0, 71, 70.5, 48, 60]
    (only,) = find_all(SPLIT, make_flight(a=a, b=60))
    assert (only.start_s, only.end_s, only.peak, only.peak_at_s) == (1, 3, 12, 3)
    assert find_all(SPLIT, make_flight(a=[70.0] * 5, b=60)) == []


def test_percent_are_of_the_larger_of_the_two() -> None:
    percent = make_algorithm(kind="disagreement", between=["a", "b"], by_more_than_percent=10)
    assert [f.peak for f in find_all(percent, make_flight(a=[80.0], b=100))] == [20]
    assert [f.peak for f in find_all(percent, make_flight(a=[100.0], b=80))] == [20]
    assert find_all(percent, make_flight(a=[90.0], b=100)) == []
    assert find_all(percent, make_flight(a=[0.0], b=0)) == []


def test_the_condition_of_a_disagreement_must_hold() -> None:
    split = make_algorithm(kind="disagreement", between=["a", "b"], by_more_than=10, when="ng > 60")
    flight = make_flight(a=[80.0] * 4, b=60, ng=[50.0, 70, 70, 50])
    assert spans(find_all(split, flight)) == [(1, 2)]


def test_a_fall_is_compared_with_the_integral_of_the_flow() -> None:
    seconds = np.arange(121)
    leaking = (500 - 0.12 * seconds).tolist()
    (only,) = find_all(LEAK, make_flight(fuel=leaking, flow=360))
    assert (only.start_s, only.end_s) == (60, 120)
    assert only.peak == pytest.approx(100 * 0.02 / 0.12)
    assert find_all(LEAK, make_flight(fuel=(500 - 0.1 * seconds).tolist(), flow=360)) == []


def test_an_integral_needs_a_window_without_a_gap() -> None:
    fuel = (500 - 0.2 * np.arange(100)).tolist()
    gap = [*range(50), *range(60, 110)]
    assert find_all(LEAK, make_flight(second=gap, fuel=fuel, flow=360)) == []
    holed = [360.0] * 100
    holed[50] = np.nan
    assert find_all(LEAK, make_flight(fuel=fuel, flow=holed)) == []


def test_an_integral_needs_its_condition_throughout_the_window() -> None:
    leak = LEAK.model_copy(update={"when": make_algorithm(when="ng > 60").when})
    fuel = (500 - 0.2 * np.arange(121)).tolist()
    ng = [50.0] * 31 + [90] * 90
    assert spans(find_all(leak, make_flight(fuel=fuel, flow=360, ng=ng))) == [(91, 120)]


@given(st.lists(st.floats(0, 1000), min_size=70, max_size=90))
def test_fuel_that_falls_by_exactly_the_flow_never_disagrees(flow: list[float]) -> None:
    burnt = np.concatenate(([0.0], np.cumsum(flow)[:-1])) / 3600
    sums = [sum(flow[k : k + 60]) for k in range(len(flow) - 60)]
    if min(sums) < 1e-3:  # next to nothing flows, and percent of it are noise of rounding
        return
    assert find_all(LEAK, make_flight(fuel=(500 - burnt).tolist(), flow=flow)) == []


@pytest.mark.parametrize("tolerances", [{}, {"by_more_than": 1, "by_more_than_percent": 1}])
def test_exactly_one_tolerance_is_declared(tolerances: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match="give either"):
        make_algorithm(kind="disagreement", between=["a", "b"], **tolerances)


def test_a_finding_is_labelled_with_both_values() -> None:
    (only,) = find_all(SPLIT, make_flight(a=[71.0] * 3, b=60))
    assert only.detail == "a against b: 11"
    percent = make_algorithm(kind="disagreement", between=["a", "b"], by_more_than_percent=10)
    (only,) = find_all(percent, make_flight(a=[80.0], b=100))
    assert only.detail == "percent, a against b: 20"


def test_the_integral_is_over_the_window_at_any_rate() -> None:
    """Fuel falls by 0.2 a second and the flow is 0.1 a second, sampled twice a second."""
    fuel = (500 - 0.1 * np.arange(280)).reshape(140, 2).tolist()
    (only,) = find_all(LEAK, make_flight(fuel=fuel, flow=[[360.0, 360]] * 140))
    assert (only.start_s, only.end_s) == (60, 139.5)
    assert only.peak == pytest.approx(50)
