import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from dataflow_health.flight.downsample import (
    BLOCK,
    break_at_gaps,
    find_extremes,
    keep_extremes,
    keep_extremes_of,
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
    assert len(kept) <= max(4 * columns, 0) or len(kept) == len(known) <= 4 * columns
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
    begin=st.integers(0, 3000),
    end=st.integers(60_000, 70_000),
    gap=st.integers(1, 69_999),
    spikes=st.lists(st.integers(0, 69_999), min_size=1, max_size=9),
)
@example(begin=0, end=240 * BLOCK, gap=1, spikes=[5])  # whole blocks only
def test_with_the_extremes_of_blocks_every_spike_in_the_span_stays(
    begin: int, end: int, gap: int, spikes: list[int]
) -> None:
    values = np.zeros(70_000)
    values[spikes] = np.arange(1, len(spikes) + 1) * np.where(np.arange(len(spikes)) % 2, 1, -1)
    at_s, columns = np.arange(70_000.0), (end - begin) // (8 * BLOCK)
    at_s[gap:] += 1e6
    kept_at, kept = keep_extremes_of(at_s, values, columns, find_extremes(values), begin, end)
    inside = values[begin:end]
    assert (kept.min(), kept.max()) == (inside.min(), inside.max())
    assert (kept_at[0], kept_at[-1]) == (at_s[begin], at_s[end - 1])
    assert (values[np.searchsorted(at_s, kept_at)] == kept).all()
    assert (np.diff(kept_at) > 0).all()
    assert len(kept) <= 4 * columns + 4
