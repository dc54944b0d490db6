import pytest

from dataflow_health.flight.arinc717.superframe_counter import (
    number_frames,
    read_superframe_counter,
)
from dataflow_health.flight.layout import Counter
from dataflow_health_tests.flight.arinc717.subframe_factory import make_subframes

COUNTER = Counter(word=2, bits=(1, 4), subframe=1)


def counting(values: dict[int, int], seconds: int = 40, first_number: int = 1, shift: int = 0):
    """Subframes with counter values at some seconds."""
    words = [[0, values.get(second, 0xF) << shift, 0] for second in range(seconds)]
    return make_subframes(words, first_number=first_number)


def test_the_counter_is_read_in_its_subframe_and_bits():
    counter = Counter(word=2, bits=(3, 6), subframe=3)
    values = {second: (second // 4 + 9) % 16 for second in range(2, 40, 4)}
    readings = read_superframe_counter(counting(values, shift=2), counter)
    assert readings.rows.tolist() == list(range(2, 40, 4))
    assert readings.offset.tolist() == [9] * 10
    assert readings.modulus == 16


@pytest.mark.parametrize(("step", "modulus"), [(1, 4096), (256, 16), (2, 2048)])
def test_the_modulus_follows_from_the_step(step, modulus):
    counter = COUNTER.model_copy(update={"bits": (1, 12)})
    values = {second: (second // 4 + 5) * step % 4096 for second in range(0, 120, 4)}
    readings = read_superframe_counter(counting(values, 120), counter)
    assert (readings.modulus, set(readings.offset.tolist())) == (modulus, {5})


@pytest.mark.parametrize("step", [0, 3, 5])
def test_a_field_that_stands_still_or_counts_unevenly_is_no_counter(step):
    values = {second: second // 4 * step % 16 for second in range(0, 40, 4)}
    assert read_superframe_counter(counting(values), COUNTER) is None


def test_one_reading_is_no_counter():
    assert read_superframe_counter(counting({0: 1}, 4), COUNTER) is None
    assert read_superframe_counter(counting({0: 1, 4: 2}, 5), COUNTER).offset.tolist() == [1, 1]


def test_a_lone_reading_that_disagrees_is_left_out():
    values = {second: second // 4 for second in range(0, 40, 4)} | {20: 11}
    readings = read_superframe_counter(counting(values), COUNTER)
    assert readings.rows.tolist() == [row for row in range(0, 40, 4) if row != 20]


def test_readings_of_frames_of_which_all_else_is_lost_are_no_counter():
    """Rows then advance by one a frame, so that no two readings agree."""
    words = [[0, value, 0] for value in (0, 1, 2)]
    assert read_superframe_counter(make_subframes(words, second=[0, 4, 8]), COUNTER) is None


@pytest.mark.parametrize(
    ("first_number", "numbers"),
    [
        (1, [0, 0, 0, 0, 1, 1, 1, 1, 2]),
        (2, [-1, -1, -1, 0, 0, 0, 0, 1, 1]),
        (4, [-1, 0, 0, 0, 0, 1, 1, 1, 1]),
    ],
)
def test_frames_are_numbered_by_one_wherever_the_recording_starts(first_number, numbers):
    subframes = make_subframes([[0]] * 9, first_number=first_number)
    assert number_frames(subframes).tolist() == numbers
