import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.flight.downsample import (
    break_at_gaps,
    keep_extremes,
    keep_extremes_of_known,
)


@given(
    values=st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")), min_size=1, max_size=300),
    columns=st.integers(1, 20),
)
def test_the_lowest_and_highest_sample_of_every_column_are_kept(
    values: list[float], columns: int
) -> None:
    at_s, given_values = np.arange(len(values), dtype=float), np.array(values)
    kept_at, kept = keep_extremes(at_s, given_values, columns)
    known = given_values[~np.isnan(given_values)]
    assert len(kept) <= 4 * max(2, columns)
    assert (np.diff(kept_at) > 0).all()
    assert (given_values[kept_at.astype(int)] == kept).all()
    if len(known):
        assert (kept.min(), kept.max()) == (known.min(), known.max())
        assert (kept[0], kept[-1]) == (known[0], known[-1])


def test_a_spike_of_one_sample_in_a_million_stays() -> None:
    values = np.zeros(1_000_000)
    values[123_456] = 9.0
    at_s, kept = keep_extremes(np.arange(1_000_000.0), values, 100)
    assert at_s[kept.argmax()] == 123_456
    assert len(kept) <= 400


def test_a_gap_breaks_the_line_and_one_outside_does_not() -> None:
    at_s, values = np.array([0.0, 1.0, 9.0]), np.array([5.0, 6.0, 7.0])
    gaps = np.array([[2.0, 9.0], [20.0, 30.0]])
    broken_at, broken = break_at_gaps(at_s, values, gaps)
    assert broken_at.tolist() == [0.0, 1.0, 5.5, 9.0]
    assert np.isnan(broken).tolist() == [False, False, True, False]


@given(
    gap=st.integers(1, 69_999),
    spikes=st.lists(st.integers(0, 69_999), min_size=1, max_size=9),
    columns=st.integers(1, 300),
)
def test_beside_a_gap_in_time_every_extreme_stays(
    gap: int, spikes: list[int], columns: int
) -> None:
    values = np.zeros(70_000)
    values[spikes] = np.arange(1, len(spikes) + 1) * np.where(np.arange(len(spikes)) % 2, 1, -1)
    at_s = np.arange(70_000.0)
    at_s[gap:] += 1e6
    kept_at, kept = keep_extremes_of_known(at_s, values, columns)
    assert (kept.min(), kept.max()) == (values.min(), values.max())
    assert (kept_at[0], kept_at[-1]) == (at_s[0], at_s[-1])
    assert (values[np.searchsorted(at_s, kept_at)] == kept).all()
    assert (np.diff(kept_at) > 0).all()
    assert len(kept) <= 4 * max(2, columns)
