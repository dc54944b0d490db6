import numpy as np
import pytest

from dataflow_health.flight.algorithms.sample_hold import (
    hold_samples,
    mean_per_second,
    segment_numbers,
    upsample,
)

NAN = np.nan


def hold(values: list[float], second: list[int] | None = None) -> list[float]:
    stretch = segment_numbers(np.array(second or range(len(values)), dtype=np.int32))
    return hold_samples(np.array(values)[:, None], stretch)[:, 0].tolist()


def test_a_parameter_every_two_seconds_is_held_for_two() -> None:
    values = hold([1, NAN, 2, NAN, 3, NAN, 4, NAN, 5, NAN])
    assert values == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_a_sample_is_held_no_longer_than_its_period() -> None:
    values = hold([1, NAN] * 6 + [NAN] * 4 + [3, NAN])
    assert values[:12] == [1] * 12
    assert np.isnan(values[12:16]).all()
    assert values[16:] == [3, 3]


def test_a_sample_is_never_held_across_a_gap() -> None:
    second = [0, 1, 2, 3, 4, 11, 12, 13, 14, 15, 16]
    values = hold([1, NAN, 2, NAN, 3, NAN, 4, NAN, 5, NAN, 6], second)
    assert np.isnan(values[5])
    assert values[6:] == [4, 4, 5, 5, 6]


def test_a_parameter_in_subframes_1_and_2_is_held_over_the_longer_interval() -> None:
    assert hold([1, 2, NAN, NAN] * 3) == [1, 2, 2, 2] * 3


def test_a_lost_sample_of_a_parameter_every_second_stays_lost() -> None:
    values = hold([1, 2, 3, NAN, 5, 6, 7, 8, 9])
    assert np.isnan(values[3])


@pytest.mark.parametrize("values", [[NAN, NAN, NAN], [1.0, 2.0, 3.0]])
def test_nothing_is_held_without_holes_or_without_samples(values: list[float]) -> None:
    np.testing.assert_array_equal(hold(values), values)


def test_a_few_samples_are_not_held_as_their_period_is_unknown() -> None:
    assert np.isnan(hold([NAN, 5, NAN])).tolist() == [True, False, True]
    assert np.isnan(hold([1, NAN, 2, NAN, 3])).tolist() == [False, True, False, True, False]


def test_samples_are_repeated_up_to_a_faster_rate() -> None:
    values = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert upsample(values, 4).tolist() == [1, 1, 2, 2, 3, 3, 4, 4]
    assert upsample(values, 3).tolist() == [1, 1, 2, 3, 3, 4]
    assert upsample(values, 2).tolist() == [1, 2, 3, 4]


def test_the_mean_of_a_second_is_over_its_known_samples() -> None:
    means = mean_per_second(np.array([[1.0, 3.0], [NAN, 5.0], [NAN, NAN]]))
    assert means[:2].tolist() == [2, 5]
    assert np.isnan(means[2])


def test_segments_end_at_lost_seconds() -> None:
    assert segment_numbers(np.array([0, 1, 5, 6, 8], dtype=np.int32)).tolist() == [1, 1, 2, 2, 3]


@pytest.mark.parametrize(("samples", "is_held"), [(4, False), (5, True)])
def test_four_intervals_show_the_period(samples: int, is_held: bool) -> None:
    values = hold([1.0, NAN] * samples)
    assert (not np.isnan(values[1])) == is_held


def test_intervals_across_a_gap_do_not_count_for_the_period() -> None:
    second = [0, 1, 2, 3, 4, 5, 6, 7, 20, 21]
    assert np.isnan(hold([1, NAN] * 5, second)[1])


def test_the_period_is_the_upper_quartile_of_the_intervals() -> None:
    """Of eight intervals, the sixth smallest decides: it is held over three rows, not seven."""
    rows = [0, 1, 2, 3, 4, 5, 8, 11, 18]
    values = [float(row) if row in rows else NAN for row in range(20)]
    held = hold(values)
    assert held[6:8] == [5, 5]
    assert held[12:14] == [11, 11]
    assert np.isnan(held[14:18]).all()
    assert held[18:] == [18, 18]


def test_samples_of_a_fast_parameter_are_never_held() -> None:
    values = np.array([[1.0, NAN]] * 9)
    kept = hold_samples(values, segment_numbers(np.arange(9, dtype=np.int32)))
    assert kept is values
