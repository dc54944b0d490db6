"""Gives each trusted subframe its second and its frame of the superframe.

Between two runs of subframes some seconds are lost, and inside a run whole frames may be: blocks
that a card dropped leave the sync stride unbroken. The rows are therefore split into segments
without a lost second, and the seconds lost between two segments are estimated.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from dataflow_health.flight.arinc717.lost_seconds import (
    MAX_CUT_S,
    GapEvidence,
    estimate_lost_seconds,
    is_explained_by_loss,
    measure_gap,
)
from dataflow_health.flight.arinc717.recorder_clock import ClockReadings, most_common, wrap_signed
from dataflow_health.flight.arinc717.repeated_blocks import NO_REPEATS, Repeats
from dataflow_health.flight.arinc717.subframes import UNKNOWN_FRAME, Subframes
from dataflow_health.flight.arinc717.superframe_counter import (
    FRAME_S,
    CounterReadings,
    number_frames,
)
from dataflow_health.flight.arinc717.word_packing import WordStream
from dataflow_health.flight.layout import SUPERFRAME_FRAMES
from dataflow_health.flight.recording import UnsyncedRegion

_BYTE_BITS = 8

_NEAR_S = 64
"""Clock readings this near to a counter's jump show whether time was lost there."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Rows in which no second is lost.

    Attributes:
        low: First row.
        high: Row after the last.
        frame_offset: Superframe counter less the number of the frame, None when unknown.
        clock_offset_s: Clock less the row, None when unknown.
    """

    low: int
    high: int
    frame_offset: int | None
    clock_offset_s: int | None


def assign_seconds(
    subframes: Subframes,
    stream: WordStream,
    counter: CounterReadings | None,
    clock: ClockReadings | None,
    repeats: Repeats = NO_REPEATS,
) -> tuple[Subframes, tuple[UnsyncedRegion, ...]]:
    """Gives rows their second and frame, and drops the rows next to a loss.

    Args:
        subframes: Trusted subframes, rows numbered as if nothing were lost.
        stream: The file they are from.
        counter: Readings of the superframe counter.
        clock: Readings of the recorder clock.
        repeats: Repeated subframes that were dropped: no time passes in them.

    Returns:
        The subframes that stay, and the regions of the file outside them.
    """
    stride = subframes.words.shape[1] * stream.word_spacing_bits
    segments = tuple(_split_segments(subframes, stride, counter, clock))
    ends = [int(subframes.bit_offset[segment.high - 1]) + stride for segment in segments]
    starts = [int(subframes.bit_offset[segment.low]) for segment in segments]
    gaps = list(zip(ends, starts[1:], strict=False))
    lost_s = [
        estimate_lost_seconds(
            measure_gap(stream, gap[0], gap[1] - stride * repeats.count_between(*gap), stride),
            _collect_evidence(subframes, stride, before, after, counter, clock),
        )
        for gap, (before, after) in zip(gaps, pairwise(segments), strict=True)
    ]
    margins = [(stream.first_bit, starts[0]), (ends[-1], stream.size_bits)]
    outside_s = [max(int(measure_gap(stream, *gap, stride).unpadded), 0) for gap in margins]
    regions = sorted(zip([*gaps, *margins], [*lost_s, *outside_s], strict=True))
    unsynced = tuple(
        _to_region(low, high, seconds)
        for (low, high), seconds in regions
        if high - low >= _BYTE_BITS
    )
    return _select_segments(subframes, segments, lost_s, counter), unsynced


def _split_segments(
    subframes: Subframes,
    stride: int,
    counter: CounterReadings | None,
    clock: ClockReadings | None,
) -> Iterator[Segment]:
    """Runs, cut where counter or clock jump; rows from reading to reading are in no segment.

    A counter that was merely reset loses no time: the rows around it stay, their frames unknown.
    """
    cuts = np.flatnonzero(np.diff(subframes.bit_offset) != stride) + 1
    bounds = [0, *cuts.tolist(), len(subframes.bit_offset)]
    resets = set(_counter_resets(counter, clock))
    jumps = sorted({*_counter_jumps(counter), *_clock_jumps(clock, counter)})
    for run_low, high in pairwise(bounds):
        low = run_low
        for before, after in [jump for jump in jumps if run_low <= jump[0] and jump[1] < high]:
            if (before, after) in resets and low <= before:
                yield _make_segment(low, before + 1, counter, clock)
                if before + 1 < after:
                    yield _make_segment(before + 1, after, None, clock)
                low = after
                continue
            if low < before:
                yield _make_segment(low, before, counter, clock)
            low = max(low, after + 1)
        if low < high:
            yield _make_segment(low, high, counter, clock)


def _make_segment(
    low: int, high: int, counter: CounterReadings | None, clock: ClockReadings | None
) -> Segment:
    frame_offset = clock_offset_s = None
    if counter:
        frame_offset = _most_common_offset(counter.rows, counter.offset, low, high)
    if clock:
        clock_offset_s = _most_common_offset(clock.rows, clock.offset_s, low, high)
    return Segment(low, high, frame_offset, clock_offset_s)


def _most_common_offset(
    rows: npt.NDArray[np.int64], offsets: npt.NDArray[np.int64], low: int, high: int
) -> int | None:
    """The most frequent offset of the readings in ``[low, high)``, None without readings."""
    first, end = np.searchsorted(rows, (low, high))
    return most_common(offsets[first:end]) if first < end else None


def _counter_jumps(counter: CounterReadings | None) -> list[tuple[int, int]]:
    """Rows of the readings just before and just after each jump of the superframe counter."""
    if counter is None:
        return []
    at = np.flatnonzero(np.diff(counter.offset))
    return list(zip(counter.rows[at].tolist(), counter.rows[at + 1].tolist(), strict=True))


def _counter_resets(
    counter: CounterReadings | None, clock: ClockReadings | None
) -> Iterator[tuple[int, int]]:
    """Jumps of the superframe counter at which no time was lost.

    The clock goes on, or without one, the counter goes back or on by more than a cut can.
    """
    if counter is None:
        return
    for before, after in _counter_jumps(counter):
        lost_s = _lost_by_clock(clock, before, after) if clock else None
        if lost_s is None:
            first, second = np.searchsorted(counter.rows, (before, after))
            jump_s = FRAME_S * int(counter.offset[second] - counter.offset[first])
            is_reset = not is_explained_by_loss(jump_s, FRAME_S * counter.modulus)
        else:
            is_reset = abs(lost_s) <= 1
        if is_reset:
            yield before, after


def _lost_by_clock(clock: ClockReadings, before: int, after: int) -> int | None:
    """Seconds by which the clock goes on more than the rows do; None without readings near."""
    first = _most_common_offset(clock.rows, clock.offset_s, before - _NEAR_S, before + 1)
    second = _most_common_offset(clock.rows, clock.offset_s, after, after + _NEAR_S)
    if first is None or second is None:
        return None
    return int(wrap_signed(np.array(second - first), clock.modulus_s))


def _clock_jumps(
    clock: ClockReadings | None, counter: CounterReadings | None
) -> list[tuple[int, int]]:
    """Rows of the readings just before and just after each clock jump that lost frames explain.

    A clock that was set jumps by any time. Frames lost in an unbroken stride are whole frames, and
    as many as bring the superframe counter back to where it was.
    """
    if clock is None:
        return []
    jump_s = wrap_signed(np.diff(clock.offset_s), clock.modulus_s)
    cycle_s = FRAME_S * (counter.modulus if counter else 1)
    cycles = np.rint(jump_s / cycle_s)
    is_whole = np.abs(jump_s - cycles * cycle_s) <= 1
    at = np.flatnonzero((cycles > 0) & is_whole & (jump_s <= MAX_CUT_S))
    return list(zip(clock.rows[at].tolist(), clock.rows[at + 1].tolist(), strict=True))


def _collect_evidence(
    subframes: Subframes,
    stride: int,
    before: Segment,
    after: Segment,
    counter: CounterReadings | None,
    clock: ClockReadings | None,
) -> GapEvidence:
    """Seconds lost between two segments by sync words, superframe counter and clock."""
    last, first = before.high - 1, after.low
    passed_s = int(subframes.number[first]) - int(subframes.number[last])
    cycle_s = FRAME_S
    if counter and before.frame_offset is not None and after.frame_offset is not None:
        numbers = number_frames(subframes)
        frame_before = before.frame_offset + int(numbers[last])
        frame_after = after.frame_offset + int(numbers[first])
        passed_s += FRAME_S * (frame_after - frame_before)
        cycle_s = FRAME_S * counter.modulus
    clock_s = None
    if clock and before.clock_offset_s is not None and after.clock_offset_s is not None:
        lost_s = after.clock_offset_s + first - before.clock_offset_s - last - 1
        clock_s = int(wrap_signed(np.array(lost_s), clock.modulus_s))
    passed_bits = int(subframes.bit_offset[first] - subframes.bit_offset[last])
    is_unbroken = passed_bits == stride * (first - last)
    return GapEvidence((passed_s - 1) % cycle_s, cycle_s, clock_s, is_unbroken)


def _to_region(low_bit: int, high_bit: int, lost_s: int) -> UnsyncedRegion:
    """The region of whole bytes around a range of bits."""
    low, high = low_bit // _BYTE_BITS, -(-high_bit // _BYTE_BITS)
    return UnsyncedRegion(low, high - low, lost_s)


def _select_segments(
    subframes: Subframes,
    segments: Sequence[Segment],
    lost_s: Sequence[int],
    counter: CounterReadings | None,
) -> Subframes:
    """The rows of the segments, with their seconds and frames."""
    rows = np.concatenate([np.arange(segment.low, segment.high) for segment in segments])
    sizes = [segment.high - segment.low for segment in segments]
    # Rows dropped between two segments are numbered already; only the seconds beyond them shift.
    shifts = [
        seconds - (after.low - before.high)
        for (before, after), seconds in zip(pairwise(segments), lost_s, strict=True)
    ]
    second = rows - rows[0] + np.repeat(np.cumsum([0, *shifts]), sizes)
    frame = np.full(len(rows), UNKNOWN_FRAME, np.int64)
    if counter:
        is_known = np.repeat([segment.frame_offset is not None for segment in segments], sizes)
        offset = np.repeat([segment.frame_offset or 0 for segment in segments], sizes)
        numbers = (number_frames(subframes)[rows] + offset) % counter.modulus % SUPERFRAME_FRAMES
        frame = np.where(is_known, numbers, UNKNOWN_FRAME)
    is_whole = len(rows) == len(subframes.bit_offset)
    return replace(
        subframes,
        words=subframes.words if is_whole else subframes.words[rows],
        bit_offset=subframes.bit_offset[rows],
        number=subframes.number[rows],
        second=second.astype(np.int32),
        frame=frame.astype(np.int16),
    )
