import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dataflow_health.flight.algorithms.expression import Mask, Values
from dataflow_health.flight.algorithms.intervals import (
    apply_hysteresis,
    find_intervals,
    interval_coverage,
    rolling_extreme,
    window_coverage,
)
from dataflow_health.flight.algorithms.sample_hold import Indices

masks = arrays.arrays(np.bool_, st.integers(1, 60))
values = arrays.arrays(np.float64, st.integers(1, 60), elements=st.floats(-9, 9))


def opens_at(length: int, *places: int) -> Mask:
    opens = np.zeros(length, dtype=np.bool_)
    opens[[0, *places]] = True
    return opens


def test_an_interval_ends_at_a_gap_and_another_begins() -> None:
    first, last = find_intervals(np.ones(6, dtype=np.bool_), opens_at(6, 4))
    assert (first.tolist(), last.tolist()) == ([0, 4], [3, 5])


@given(masks, st.data())
def test_intervals_are_disjoint_ordered_and_cover_exactly_the_true_samples(
    mask: Mask, data: st.DataObject
) -> None:
    gaps = data.draw(st.lists(st.integers(0, len(mask) - 1)))
    opens = opens_at(len(mask), *gaps)
    first, last = find_intervals(mask, opens)
    assert (first <= last).all()
    assert (last[:-1] < first[1:]).all()
    assert covered_by(first, last, len(mask)) == mask.tolist()
    for start, end in zip(first, last, strict=True):
        assert not opens[start + 1 : end + 1].any()
        assert start == 0 or opens[start] or not mask[start - 1]


def covered_by(first: Indices, last: Indices, length: int) -> list[bool]:
    return [any(a <= k <= b for a, b in zip(first, last, strict=True)) for k in range(length)]


@given(masks, masks, st.data())
def test_hysteresis_equals_a_loop_with_a_flag(
    begins: Mask,
    ends: Mask,
    data: st.DataObject,
) -> None:
    length = min(len(begins), len(ends))
    begins, ends = begins[:length], ends[:length]
    opens = opens_at(length, *data.draw(st.lists(st.integers(0, length - 1))))
    state, expected = False, []
    for begin, end, gap in zip(begins, ends, opens, strict=True):
        state = bool(begin or (state and not end and not gap))
        expected.append(state)
    assert apply_hysteresis(begins, ends, opens).tolist() == expected


@given(values, st.integers(1, 70))
def test_the_rolling_extreme_is_that_of_each_window(line: Values, samples: int) -> None:
    windows = [line[k : k + samples] for k in range(len(line) - samples + 1)]
    assert rolling_extreme(line, samples, np.maximum).tolist() == [
        window.max() for window in windows
    ]
    assert rolling_extreme(line, samples, np.minimum).tolist() == [
        window.min() for window in windows
    ]


def test_a_missing_sample_spoils_every_window_it_lies_in() -> None:
    line = np.array([1.0, 2.0, np.nan, 4.0, 5.0])
    assert np.isnan(rolling_extreme(line, 2, np.maximum)).tolist() == [False, True, True, False]


@pytest.mark.parametrize(
    ("windows", "samples", "expected"),
    [
        ([0, 1, 0, 0], 3, [0, 1, 1, 1, 0, 0]),
        ([1, 0, 0, 1], 2, [1, 1, 0, 1, 1]),
        ([1, 1], 1, [1, 1]),
        ([], 3, [0, 0]),
    ],
)
def test_covered_samples_lie_in_a_marked_window(
    windows: list[int], samples: int, expected: list[int]
) -> None:
    assert window_coverage(np.array(windows, dtype=np.bool_), samples).tolist() == expected


def test_intervals_cover_their_first_and_last_sample() -> None:
    first, last = np.array([1, 2, 5]), np.array([3, 2, 5])
    assert interval_coverage(first, last, 7).tolist() == [False, True, True, True, False, True,
                                                         False]  # fmt: skip
    assert not interval_coverage(first[:0], last[:0], 3).any()
