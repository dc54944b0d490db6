import numpy as np
import pytest

from dataflow_health.simulator.excursion import (
    Excursion,
    Window,
    apply_excursion,
    difference,
    equal_pair,
    hold_value,
    piecewise_linear,
    row_times_s,
    single,
)

WINDOW = Window(10, 19)


def test_an_excursion_crosses_the_limit_exactly_at_the_edges_of_its_window():
    rows = np.full((40, 4), 50.0)
    changed = apply_excursion(rows, WINDOW, Excursion(42, 33, 4), 28)
    beyond = (changed < 40).all(axis=1)
    assert np.flatnonzero(beyond).tolist() == list(range(10, 20))
    assert changed.min() == 28
    assert changed[9, -1] > 42
    assert changed[20, 0] > 42
    assert np.array_equal(changed[:6], rows[:6])
    assert np.array_equal(changed[24:], rows[24:])


def test_a_value_is_held_in_the_window_only():
    changed = hold_value(np.zeros((40, 2)), WINDOW, 1.0)
    assert np.flatnonzero(changed.all(axis=1)).tolist() == list(range(10, 20))
    assert changed.sum() == 20


def test_lines_between_points_leave_the_rest_unchanged():
    rows = np.full((10, 1), 7.0)
    changed = piecewise_linear(rows, {2: 0.0, 4: 2.0, 6: np.nan})
    assert changed[:, 0].tolist() == [7, 7, 0, 1, 2, 4.5, 7, 7, 7, 7]


@pytest.mark.parametrize("channel", [single("a"), equal_pair("a", "b"), difference("a", "b")])
def test_a_channel_reads_what_it_has_written(channel):
    readings = {"a": np.full((3, 1), 4.0), "b": np.full((3, 1), 2.0)}
    value = np.array([[1.0], [5.0], [9.0]])
    assert np.array_equal(channel.read(readings | channel.write(readings, value)), value)


def test_a_difference_keeps_the_mean_of_both_parameters():
    readings = {"a": np.full((1, 1), 4.0), "b": np.full((1, 1), 2.0)}
    changed = difference("a", "b").write(readings, np.array([[10.0]]))
    assert (changed["a"][0, 0], changed["b"][0, 0]) == (8, -2)


def test_sample_times_are_even_within_the_second():
    assert row_times_s(np.zeros((2, 2))).tolist() == [[0, 0.5], [1, 1.5]]
