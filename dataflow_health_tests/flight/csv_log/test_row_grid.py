from datetime import UTC, datetime, timedelta
from math import floor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.flight.csv_log.row_clock import find_repeated
from dataflow_health.flight.csv_log.row_grid import (
    can_be_placed,
    place_rows,
    rows_per_second,
    spread,
)
from dataflow_health.flight.layout import Parameter, Part
from dataflow_health.flight.recording import MISSING, Series

START = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


def at(*seconds: float | None) -> list[datetime | None]:
    return [None if s is None else START + timedelta(seconds=s) for s in seconds]


@pytest.mark.parametrize(
    ("seconds", "rate_hz"),
    [
        ((), 1),
        ((None,), 1),
        ((0, 1, 2), 1),
        ((0, 0, 1, 2, 3), 1),
        ((0.5, 0.75, 1, 1.25, 1.5, 1.75, 2), 4),
        ((0, 0, 1, 1, 2, 2, 2), 2),
        ((0, 0.1, 1, 1.1), 1),
    ],
)
def test_the_usual_number_of_rows_in_a_second_is_the_rate(seconds, rate_hz):
    assert rows_per_second(at(*seconds)) == rate_hz


def test_rates_up_to_64_are_placed():
    assert [can_be_placed(rate) for rate in (1, 2, 64, 65)] == [False, True, True, False]


def test_fractions_of_the_clock_give_the_column():
    grid = place_rows(at(0.5, 0.75, 1.0, 1.5, 4.25), 4)
    assert grid.second.tolist() == [0, 1, 4]
    assert grid.cell.tolist() == [2, 3, 4, 6, 9]
    assert (grid.started_at, grid.offsets_s) == (START, (0.0, 0.25, 0.5, 0.75))


def test_without_fractions_the_order_gives_the_column():
    grid = place_rows(at(0, 0, 1, 1, 3), 2)
    assert grid.cell.tolist() == [0, 1, 2, 3, 4]
    assert (grid.second.tolist(), grid.left_out) == ([0, 1, 3], ())


def test_a_row_too_many_takes_the_next_free_place_and_more_are_left_out():
    grid = place_rows(at(0, 0, 1, 1, 1, 3), 2)
    assert (grid.cell.tolist(), grid.left_out) == ([0, 1, 2, 3, 4, 6], ())
    crowded = place_rows(at(*([0.0] * 20), 1.0, 1.5, 2.0), 2)
    assert crowded.left_out == (*range(5, 21),)
    assert (crowded.cell[-3:].tolist(), crowded.moved) == ([-1, 5, 6], 4)


@pytest.mark.parametrize(
    ("rate_hz", "step_s"),
    [(8, 0.01), (16, 0.001), (32, 0.001), (64, 0.01), (16, 0.1), (5, 0.5), (3, 1.0)],
)
def test_a_clock_that_cuts_its_times_off_gives_each_row_its_own_place(rate_hz, step_s):
    clock = [floor(row / rate_hz / step_s + 1e-9) * step_s for row in range(20 * rate_hz)]
    grid = place_rows(at(*clock), rate_hz)
    assert grid.cell.tolist() == list(range(20 * rate_hz))
    assert (grid.left_out, grid.jumps) == ((), ())


@given(
    st.sampled_from([2, 4, 5, 8, 10, 16, 20, 32, 64]),
    st.lists(st.floats(-0.2, 0.2), min_size=40, max_size=200),
    st.floats(0, 0.99),
)
def test_jitter_of_a_fifth_of_a_sample_moves_no_row(rate_hz, jitter, delay):
    clock = [(row + delay + each) / rate_hz + 1 for row, each in enumerate(jitter)]
    grid = place_rows(at(*clock), rate_hz)
    assert (np.diff(grid.cell) == 1).all()
    assert (grid.left_out, grid.moved) == ((), 0)


@pytest.mark.parametrize("wrong_by_s", [-1.4e9, 180, 1.4e9])
def test_first_rows_before_the_clock_is_set_are_kept_and_the_rest_gives_the_start(wrong_by_s):
    clock = [row / 4 + (wrong_by_s if row < 10 else 0) for row in range(200)]
    grid = place_rows(at(*clock), 4)
    assert grid.cell.tolist() == list(range(200))
    assert (grid.started_at, grid.left_out) == (START, ())
    ((row, jumped_s),) = grid.jumps
    assert (row, round(jumped_s + wrong_by_s, -1)) == (10, 0)


def test_rows_without_time_follow_the_row_before_and_one_out_of_order_is_left_out():
    grid = place_rows(at(0.0, None, 1.5, 1.0, 2.0, 9e9), 2)
    assert (grid.cell.tolist(), grid.unknown) == ([0, 1, -1, 2, 4, 5], 1)
    assert (grid.left_out, [row for row, _ in grid.jumps]) == ((2,), [5])
    first = place_rows(at(None, None, None, 1.5, 2.0), 2)
    assert first.cell.tolist() == [0, 1, 2, 3, 4]
    assert first.started_at == START
    assert place_rows(at(0.0, None, None, 0.5), 2).left_out == ()


def test_a_time_out_of_order_costs_only_its_row():
    ahead = place_rows(at(0.0, 0.5, 900.0, 1.5, 2.0, 2.5), 2)
    assert (ahead.left_out, ahead.jumps, ahead.second.tolist()) == ((2,), (), [0, 1, 2])
    back = place_rows(at(0.0, 0.5, 1.0, 0.0, 2.0, 2.5), 2)
    assert (back.left_out, back.jumps) == ((3,), ())


def test_a_clock_beyond_a_month_is_damaged():
    grid = place_rows(at(*(row * 43_000 for row in range(90))), 2)
    assert grid.left_out == tuple(range(61, 90))


def test_a_repeated_block_has_no_place_and_is_not_left_out():
    order = [*range(40), *range(20, 60)]
    repeated = find_repeated(at(*(row / 2 for row in order)), [(str(row),) for row in order])
    assert repeated == frozenset(range(40, 60))
    grid = place_rows(at(*(row / 2 for row in order)), 2, repeated)
    assert (grid.left_out, grid.jumps) == ((), ())
    assert grid.second.tolist() == list(range(30))


def test_a_series_is_spread_over_the_grid():
    grid = place_rows(at(0.0, 0.5, 1.0, 1.5, 3.5), 2)
    given_series = Series(
        Parameter(samples=((Part(word=1),),)), np.array([1, 4], np.int32),
        np.array([[7], [9]], np.int32), (0.0,),
    )  # fmt: skip
    found = spread(given_series, grid)
    assert found.rows.tolist() == [0, 2]
    assert found.counts.tolist() == [[MISSING, 7], [MISSING, 9]]
    assert found.offsets_s == (0.0, 0.5)


@given(st.lists(st.none() | st.floats(-1e6, 1e7), max_size=20), st.integers(2, 64))
def test_every_row_has_a_place_of_its_own_or_none(seconds, rate_hz):
    grid = place_rows(at(0, *seconds), rate_hz)
    placed = grid.cell[grid.cell >= 0]
    assert (np.diff(placed) > 0).all()
    assert set(placed // rate_hz) == set(range(len(grid.second)))
    assert len(placed) + len(grid.left_out) == len(seconds) + 1
