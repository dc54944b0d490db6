"""Seconds of subframes across losses that sync words, counter and clock reveal."""

import numpy as np
import pytest

from dataflow_health.flight.arinc717.recorder_clock import ClockReadings
from dataflow_health.flight.arinc717.subframes import UNKNOWN_FRAME, Subframes
from dataflow_health.flight.arinc717.superframe_counter import CounterReadings, number_frames
from dataflow_health.flight.arinc717.timeline import assign_seconds
from dataflow_health.flight.arinc717.word_packing import WordStream, open_stream
from dataflow_health.flight.recording import UnsyncedRegion
from dataflow_health_tests.flight.arinc717.subframe_factory import make_subframes

STRIDE_BYTES = 96
STRIDE = 8 * STRIDE_BYTES


def stream_of(size_bytes: int) -> WordStream:
    return open_stream(bytes(range(1, 251)) * (size_bytes // 250 + 1), "packed")


def recorded(seconds: list[int], *, unbroken: bool = False) -> tuple[Subframes, WordStream]:
    """Subframes of some seconds: at their places in the file, or one after the other."""
    count = len(seconds)
    offsets = (np.arange(count) if unbroken else np.array(seconds)) * STRIDE
    subframes = make_subframes([[0] * 64] * count, second=seconds, bit_offset=offsets)
    numbered = Subframes(
        words=subframes.words,
        bit_offset=subframes.bit_offset,
        number=subframes.number,
        second=np.arange(count, dtype=np.int32),
        frame=subframes.frame,
    )
    raw = bytes(range(1, 251)) * (int(offsets[-1] + STRIDE) // 8 // 250 + 1)
    return numbered, open_stream(raw[: int(offsets[-1] + STRIDE) // 8], "packed")


def counter_of(subframes: Subframes, seconds: list[int], modulus: int = 16) -> CounterReadings:
    """Readings of a counter in subframe 1 that starts at 0."""
    rows = np.flatnonzero(subframes.number == 1)
    values = np.array(seconds)[rows] // 4
    return CounterReadings(rows, (values - number_frames(subframes)[rows]) % modulus, modulus)


def clock_of(seconds: list[int], modulus: int = 86_400, start: int = 500) -> ClockReadings:
    """Readings of a clock in every row."""
    rows = np.arange(len(seconds))
    return ClockReadings(rows, (start + np.array(seconds) - rows) % modulus, modulus)


def assigned(seconds, counter=None, clock=None, *, unbroken=False):
    subframes, stream = recorded(seconds, unbroken=unbroken)
    counter = counter_of(subframes, seconds) if counter else None
    clock = clock_of(seconds) if clock else None
    return assign_seconds(subframes, stream, counter, clock)


WHOLE = list(range(40))


def test_a_recording_without_loss_keeps_all_rows():
    subframes, unsynced = assigned(WHOLE, counter=True, clock=True)
    assert subframes.second.tolist() == WHOLE
    assert subframes.frame.tolist() == [second // 4 % 16 for second in WHOLE]
    assert unsynced == ()


def test_frames_are_unknown_without_a_counter():
    subframes, _ = assigned(WHOLE)
    assert set(subframes.frame.tolist()) == {UNKNOWN_FRAME}
    assert (subframes.second.dtype, subframes.frame.dtype) == (np.int32, np.int16)


@pytest.mark.parametrize("lost", [1, 2, 3, 4, 5, 15, 100])
def test_seconds_missing_from_the_file_are_a_gap(lost):
    seconds = [*range(20), *range(20 + lost, 60 + lost)]
    subframes, unsynced = assigned(seconds)
    assert subframes.second.tolist() == seconds
    assert unsynced == (UnsyncedRegion(20 * STRIDE_BYTES, lost * STRIDE_BYTES, lost),)


def test_a_clock_and_counter_that_jump_at_a_gap_cut_no_more_rows():
    seconds = [*range(21), *range(28, 60)]
    subframes, unsynced = assigned(seconds, counter=True, clock=True)
    assert subframes.second.tolist() == seconds
    assert len(unsynced) == 1
    seconds = [*range(21), *range(25, 60)]
    assert assigned(seconds, clock=True)[0].second.tolist() == seconds


@pytest.mark.parametrize("lost", [4, 8, 60])
def test_frames_missing_from_an_unbroken_stride_are_seen_by_the_counter(lost):
    """The rows between the two readings next to the loss are in doubt, and dropped."""
    seconds = [*range(41), *range(41 + lost, 100 + lost)]
    subframes, unsynced = assigned(seconds, counter=True, unbroken=True)
    kept = [row for row in range(100) if not 40 <= row <= 44]
    assert subframes.second.tolist() == [seconds[row] for row in kept]
    assert unsynced == (UnsyncedRegion(40 * STRIDE_BYTES, 5 * STRIDE_BYTES, 5 + lost),)


def test_a_superframe_missing_from_an_unbroken_stride_is_seen_by_the_clock():
    seconds = [*range(41), *range(105, 200)]
    subframes, _ = assigned(seconds, counter=True, clock=True, unbroken=True)
    kept = [row for row in range(len(seconds)) if not 40 <= row <= 41]
    assert subframes.second.tolist() == [seconds[row] for row in kept]
    assert subframes.frame.tolist() == [seconds[row] // 4 % 16 for row in kept]
    blind, _ = assigned(seconds, counter=True, unbroken=True)
    assert blind.second.tolist() == list(range(len(seconds)))


@pytest.mark.parametrize(
    ("jump", "is_loss"),
    [(4, True), (3, True), (5, True), (2, False), (6, False), (-4, False), (3600, True),
     (3601, False), (3604, False)],
)  # fmt: skip
def test_a_clock_jump_is_a_loss_if_it_is_whole_frames_up_to_an_hour(jump, is_loss):
    """Without a superframe counter; a second of drift does not count against it."""
    subframes, stream = recorded(WHOLE)
    clock = clock_of([*range(20), *range(20 + jump, 40 + jump)])
    placed, _ = assign_seconds(subframes, stream, None, clock)
    assert (len(placed.second) < 40) == is_loss


@pytest.mark.parametrize(("jump", "is_loss"), [(64, True), (63, True), (4, False), (60, False)])
def test_with_a_counter_a_clock_jump_is_a_loss_if_it_is_whole_superframes(jump, is_loss):
    subframes, stream = recorded(list(range(80)))
    counter = counter_of(subframes, list(range(80)))
    clock = clock_of([*range(40), *range(40 + jump, 80 + jump)])
    placed, _ = assign_seconds(subframes, stream, counter, clock)
    assert (len(placed.second) < 80) == is_loss


def test_the_clock_decides_between_cycles_of_the_counter():
    """Of 90 seconds lost, 26 are in the file as bytes: the counter alone says 26."""
    seconds = [*range(40), *range(130, 190)]
    subframes, _ = recorded(seconds)
    offsets = np.array([*range(40), *range(66, 126)]) * STRIDE
    subframes = Subframes(
        subframes.words, offsets, subframes.number, subframes.second, subframes.frame
    )
    counter, clock = counter_of(subframes, seconds), clock_of(seconds)
    placed, _ = assign_seconds(subframes, stream_of(126 * STRIDE_BYTES), counter, clock)
    assert placed.second.tolist() == seconds
    placed, _ = assign_seconds(subframes, stream_of(126 * STRIDE_BYTES), counter, None)
    assert placed.second.tolist() == [*range(40), *range(66, 126)]


def test_the_sequence_of_sync_words_decides_between_subframes():
    """The gap in the file is 2.4 subframes long; number 1 after number 2 lost two or six."""
    seconds = [*range(10), *range(12, 30)]
    subframes, _ = recorded(seconds)
    offsets = subframes.bit_offset.copy()
    offsets[10:] += 300
    slipped = Subframes(
        subframes.words, offsets, subframes.number, subframes.second, subframes.frame
    )
    placed, _ = assign_seconds(slipped, stream_of(31 * STRIDE_BYTES), None, None)
    assert placed.second.tolist() == seconds


def test_a_lost_row_next_to_a_gap_between_runs_does_not_shift_seconds():
    """A counter jump inside a run and a gap between runs, both in one recording."""
    seconds = [*range(41), *range(45, 100), *range(110, 150)]
    subframes, _ = recorded(seconds, unbroken=True)
    offsets = subframes.bit_offset.copy()
    offsets[96:] += 10 * STRIDE
    broken = Subframes(
        subframes.words, offsets, subframes.number, subframes.second, subframes.frame
    )
    placed, unsynced = assign_seconds(
        broken, stream_of(int(offsets[-1] + STRIDE) // 8), counter_of(subframes, seconds), None
    )
    kept = [row for row in range(len(seconds)) if not 40 <= row <= 44]
    assert placed.second.tolist() == [seconds[row] for row in kept]
    assert [region.lost_subframes for region in unsynced[:2]] == [9, 10]


def test_bytes_before_and_after_the_subframes_are_regions_of_their_own():
    subframes = make_subframes([[0] * 64] * 8, bit_offset=np.arange(8) * STRIDE + 3 * STRIDE + 4)
    stream = stream_of(14 * STRIDE_BYTES)
    cut = WordStream(stream.data, 14 * STRIDE, "packed", 16)
    _, unsynced = assign_seconds(subframes, cut, None, None)
    assert unsynced == (
        UnsyncedRegion(2, 3 * STRIDE_BYTES - 1, 2),
        UnsyncedRegion(11 * STRIDE_BYTES, 3 * STRIDE_BYTES, 2),
    )


@pytest.mark.parametrize(("bits", "regions"), [(7, 0), (8, 1)])
def test_less_than_a_byte_is_no_region(bits, regions):
    subframes = make_subframes([[0] * 64] * 8)
    stream = stream_of(9 * STRIDE_BYTES)
    cut = WordStream(stream.data, 8 * STRIDE + bits, "packed")
    assert len(assign_seconds(subframes, cut, None, None)[1]) == regions


def test_segments_without_a_reading_have_no_frame():
    subframes, stream = recorded([*range(8), *range(10, 30)])
    rows = np.array([12, 16])
    counter = CounterReadings(rows, np.array([5, 5]), 16)
    placed, _ = assign_seconds(subframes, stream, counter, None)
    assert set(placed.frame[:8].tolist()) == {UNKNOWN_FRAME}
    assert UNKNOWN_FRAME not in placed.frame[8:].tolist()
    assert placed.second.tolist() == [*range(8), *range(10, 30)]


def test_the_frame_is_the_counter_modulo_the_superframe():
    subframes, stream = recorded(list(range(80)))
    rows = np.arange(0, 80, 4)
    counter = CounterReadings(rows, np.full(20, 1030), 4096)
    placed, _ = assign_seconds(subframes, stream, counter, None)
    assert placed.frame.tolist() == [(1030 + row // 4) % 16 for row in range(80)]


@pytest.mark.parametrize("drift", [-1, 0, 1])
def test_a_clock_may_drift_by_a_second_in_a_gap(drift):
    """The gap in the file is no whole number of subframes, so clock and sync words decide."""
    seconds = [*range(10), *range(112, 130)]
    subframes, _ = recorded(seconds)
    offsets = subframes.bit_offset.copy()
    offsets[10:] += 300 - 98 * STRIDE
    slipped = Subframes(
        subframes.words, offsets, subframes.number, subframes.second, subframes.frame
    )
    clock = clock_of([*range(10), *range(112 + drift, 130 + drift)])
    placed, _ = assign_seconds(slipped, stream_of(33 * STRIDE_BYTES), None, clock)
    assert placed.second.tolist() == seconds


def test_a_jump_at_the_first_reading_drops_the_rows_up_to_the_second():
    subframes, stream = recorded(WHOLE)
    rows = np.arange(0, 40, 4)
    counter = CounterReadings(rows, np.array([0, *[3] * 9]), 16)
    placed, unsynced = assign_seconds(subframes, stream, counter, None)
    assert placed.second.tolist() == list(range(35))
    assert placed.bit_offset[0] == 5 * STRIDE
    assert unsynced == (UnsyncedRegion(0, 5 * STRIDE_BYTES, 5),)


def test_a_jump_at_the_last_reading_drops_the_rows_from_the_one_before():
    subframes, stream = recorded(WHOLE)
    placed, unsynced = assign_seconds(subframes, stream, None, clock_of([*range(39), 43]))
    assert placed.second.tolist() == list(range(38))
    assert unsynced == (UnsyncedRegion(38 * STRIDE_BYTES, 2 * STRIDE_BYTES, 2),)
