from datetime import timedelta

import pytest

from dataflow_health.flight.csv_log.row_clock import find_repeated, read_row_clock
from dataflow_health_tests.flight.csv_log.test_row_grid import START, at


def seconds_after(*seconds: float | None) -> list[float]:
    return [us / 1e6 for us in read_row_clock(at(*seconds), 4).after_us.tolist()]


@pytest.mark.parametrize(
    ("clock", "after"),
    [
        ((0, 0.25, 0.5), [0, 0.25, 0.5]),
        ((0, 0, 0, 0, 1), [0, 0.25, 0.5, 0.75, 1]),
        ((0, 0, 0, 0, 0, 0, 1), [0, 0.25, 0.5, 0.75, 1, 1, 1]),
        ((0, 5, 90_000, 90_001), [0, 5, 5.25, 6.25]),
        ((0.25, 0.5, -5, -4.75, -4.5, -4.25), [0.5, 0.75, 1, 1.25, 1.5, 1.75]),
        ((None, 0.75, None, None, 7), [0.5, 0.75, 1, 1.25, 7]),
        ((0, None, None, 0.25, None), [0, 1 / 12, 1 / 6, 0.25, 0.5]),
    ],
)
def test_rows_get_the_time_of_their_clock_or_one_a_sample_later(clock, after):
    assert seconds_after(*clock) == pytest.approx(after, abs=1e-5)


def test_the_part_with_the_most_rows_gives_the_start():
    clock = read_row_clock(at(-1e8, -1e8 + 0.25, 10, 10.25, 10.5), 4)
    assert clock.started_at == START + timedelta(seconds=9)
    assert (clock.after_us[2], clock.jumps) == (1_000_000, ((2, 100_000_009),))


def test_only_rows_with_the_cells_of_an_earlier_one_after_a_step_back_are_repeated():
    stamps = at(0, 1, 1, None, 0, 1, 2, 1)
    cells = [(text,) for text in "abbbabcd"]
    assert find_repeated(stamps, cells) == {4, 5}


def test_rows_after_a_step_back_do_not_repeat_each_other():
    assert find_repeated(at(9, 0, 0, 0), [(text,) for text in "abba"]) == {3}
