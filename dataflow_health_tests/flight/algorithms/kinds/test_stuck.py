import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.flight.algorithms.flight_phase import Phase
from dataflow_health_tests.flight.algorithms.flights import (
    find_all,
    make_algorithm,
    make_flight,
    run,
    spans,
)

STUCK = make_algorithm(kind="stuck", parameters=["a", "b"], lasting="PT3S")


def test_a_parameter_that_does_not_change_is_named_with_its_value() -> None:
    (only,) = find_all(STUCK, make_flight(a=[1.0, 2, 7, 7, 7, 7, 3], b=[1.0, 2, 3, 4, 5, 6, 7]))
    assert (only.start_s, only.end_s, only.peak, only.detail) == (2, 5, 7, "a")


def test_one_sample_less_is_too_short() -> None:
    assert find_all(STUCK, make_flight(a=[1.0, 2, 7, 7, 7, 3])) == []


def test_two_adjacent_flat_intervals_are_one_finding_or_none() -> None:
    assert spans(find_all(STUCK, make_flight(a=[1.0] * 4 + [2.0] * 4))) == [(0, 7)]
    assert find_all(STUCK, make_flight(a=[1.0] * 3 + [2.0] * 3)) == []


def test_a_gap_and_a_missing_sample_end_a_flat_interval() -> None:
    assert find_all(STUCK, make_flight(second=[0, 1, 2, 5, 6, 7], a=[1.0] * 6)) == []
    assert find_all(STUCK, make_flight(a=[1.0, 1, 1, np.nan, 1, 1, 1])) == []


def test_a_small_change_may_count_as_none() -> None:
    loose = make_algorithm(kind="stuck", parameters=["a"], lasting="PT3S", within=0.5)
    assert spans(find_all(loose, make_flight(a=[1.0, 1.5, 1, 1.5, 9]))) == [(0, 3)]
    assert find_all(loose, make_flight(a=[1.0, 1.6, 1, 1.6, 9])) == []


def test_a_flat_interval_must_lie_wholly_in_the_phase() -> None:
    airborne = make_algorithm(kind="stuck", parameters=["a"], lasting="PT3S", during=["airborne"])
    assert find_all(airborne, make_flight(a=[1.0] * 9), Phase.GROUND) == []
    assert len(find_all(airborne, make_flight(a=[1.0] * 9), Phase.HOVER)) == 1


def test_missing_parameters_are_reported_and_the_others_examined() -> None:
    result = run(STUCK, make_flight(a=[1.0] * 9))
    assert result.outcome == "found"
    assert result.reason == "absent from this recording and not examined: b"


def test_a_recording_with_none_of_them_is_not_applicable() -> None:
    result = run(STUCK, make_flight(c=[1.0] * 9))
    assert (result.outcome, result.reason) == (
        "not_applicable", "this recording has no sample of a, b",
    )  # fmt: skip


@given(st.lists(st.sampled_from([1.0, 2.0, np.nan]), min_size=2, max_size=30))
def test_samples_are_stuck_if_a_window_of_equal_ones_holds_them(values: list[float]) -> None:
    """At 2 Hz, where nothing is held; three seconds are seven samples."""
    values = values[: len(values) // 2 * 2]
    windows = [values[k : k + 7] for k in range(len(values) - 6)]
    still = [len(set(window)) == 1 and not np.isnan(window[0]) for window in windows]
    expected = [any(still[max(0, at - 6) : at + 1]) for at in range(len(values))]
    got = [False] * len(values)
    for start_s, end_s in spans(run(STUCK, make_flight(a=np.reshape(values, (-1, 2)))).findings):
        for sample in range(int(start_s * 2), int(end_s * 2) + 1):
            got[sample] = True
    assert got == expected
