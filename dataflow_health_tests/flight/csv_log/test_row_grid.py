from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    grid = place_rows(at(0, 0, 1, 1, 1, 3), 2)
    assert grid.cell.tolist() == [0, 1, 2, 3, -1, 4]
    assert grid.left_out == (4,)


def test_rows_without_time_or_with_an_earlier_one_are_left_out():
    grid = place_rows(at(0.0, None, 1.5, 1.0, 2.0, 9e9), 2)
    assert grid.left_out == (1, 2, 5)
    assert grid.second.tolist() == [0, 1, 2]


def test_a_time_ahead_of_both_neighbours_costs_only_its_row():
    grid = place_rows(at(0.0, 0.5, 900.0, 1.5, 2.0, 2.5), 2)
    assert (grid.left_out, grid.steps_back) == ((2,), 1)
    assert grid.second.tolist() == [0, 1, 2]


def test_a_repeated_block_is_one_step_back():
    grid = place_rows(at(*(row / 2 for row in (*range(40), *range(20, 60)))), 2)
    assert (grid.left_out, grid.steps_back) == (tuple(range(40, 59)), 1)
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
def test_every_row_has_a_place_of_its_second_or_none(seconds, rate_hz):
    grid = place_rows(at(0, *seconds), rate_hz)
    placed = grid.cell[grid.cell >= 0]
    assert (np.diff(placed) >= 0).all()
    assert set(placed // rate_hz) == set(range(len(grid.second)))
    assert len(placed) + len(grid.left_out) == len(seconds) + 1
