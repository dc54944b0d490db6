"""Which second, and which frame of the superframe, each trusted subframe is.

Between two runs of subframes some seconds are lost, and inside one whole frames may be: blocks
that a card dropped leave the sync stride unbroken. What tells how many, best first: the clock
parameters, a whole number of subframes in bits, the superframe counter, the sequence of sync words.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from dataflow_health.flight.arinc717.recorder_clock import (
    ClockReadings,
    is_consistent,
    most_common,
    wrap_signed,
)
from dataflow_health.flight.arinc717.subframes import UNKNOWN_FRAME, Subframes
from dataflow_health.flight.arinc717.word_packing import WordStream
from dataflow_health.flight.layout import SUPERFRAME_FRAMES, Counter
from dataflow_health.flight.recording import UnsyncedRegion

Rows = npt.NDArray[np.int64]

_BYTE = 8
_FRAME_S = 4
_MAX_CUT_S = 3600
"""A clock that jumps by more in an unbroken stride was set."""

_SLIP_BITS = 64
"""A burst loses or adds a few bits; more than this and the distance in bits is only an estimate."""

_MIN_PADDING_BYTES = 32
"""Equal bytes in a row that pad a block: no time passes in them."""

_INSERTION_PENALTY = 1.5
"""How much dearer it is to believe in bytes too many than in bytes too few."""


@dataclass(frozen=True, slots=True)
class CounterReadings:
    """Readings of the superframe counter.

    Attributes:
        rows: int64 (m,), ascending.
        offset: int64 (m,): the counter less the number of the row's frame, modulo ``modulus``.
        modulus: Frames after which the counter starts again.
    """

    rows: Rows
    offset: Rows
    modulus: int


@dataclass(frozen=True, slots=True)
class Segment:
    """Rows ``low`` to ``high`` in which no second is lost.

    Attributes:
        low: First row.
        high: Row behind the last.
        frame: Counter of a frame that had number 0, None when unknown.
        clock_s: Clock at a row that had number 0, None when unknown.
    """

    low: int
    high: int
    frame: int | None
    clock_s: int | None


def read_superframe_counter(frames: Subframes, counter: Counter) -> CounterReadings | None:
    """The superframe counter, whatever its step; None when it does not count.

    Some units count frames by one in a field wider than four bits, some by 256 in a whole word.
    """
    rows = np.flatnonzero(frames.subframe == counter.subframe)
    if len(rows) < 2:
        return None
    low, high = counter.bits
    size = 1 << (high - low + 1)
    field = (frames.words[rows, counter.word - 1].astype(np.int64) >> (low - 1)) % size
    step = most_common(np.diff(field) % size)
    if step == 0 or size % step:
        return None
    modulus = size // step
    offset = (field // step - frame_numbers(frames)[rows]) % modulus
    keep = is_consistent(offset, modulus, 0)
    return CounterReadings(rows[keep], offset[keep], modulus) if keep.any() else None


def assign_seconds(
    frames: Subframes,
    stream: WordStream,
    count: CounterReadings | None,
    clock: ClockReadings | None,
) -> tuple[Subframes, tuple[UnsyncedRegion, ...]]:
    """Gives rows their second and frame, drops those around a loss, and accounts for what is left.

    Args:
        frames: Trusted subframes, rows numbered as if nothing were lost.
        stream: The file they are from.
        count: The superframe counter.
        clock: The clock.

    Returns:
        The frames that stay, and the regions of the file that are not in them.
    """
    stride = frames.words.shape[1] * stream.pitch
    stretches = tuple(_split_segments(frames, stride, count, clock))
    ends = [int(frames.place[stretch.high - 1]) + stride for stretch in stretches]
    starts = [int(frames.place[stretch.low]) for stretch in stretches]
    gaps = list(zip(ends, starts[1:], strict=False))
    lost = [
        lost_seconds(
            measure_gap(stream, *gap, stride), _gap_evidence(frames, before, this, count, clock)
        )
        for gap, before, this in zip(gaps, stretches, stretches[1:], strict=False)
    ]
    margins = [(stream.first, starts[0]), (ends[-1], stream.size)]
    outside = [max(int(measure_gap(stream, *gap, stride).unpadded), 0) for gap in margins]
    regions = sorted(zip([*gaps, *margins], [*lost, *outside], strict=True))
    unsynced = tuple(
        _to_region(gap, seconds) for gap, seconds in regions if gap[1] - gap[0] >= _BYTE
    )
    return _select_segments(frames, stretches, lost, count), unsynced


def _split_segments(
    frames: Subframes, stride: int, count: CounterReadings | None, clock: ClockReadings | None
) -> Iterator[Segment]:
    """Runs, cut where the counter or the clock jumps; the rows in doubt are in none."""
    cuts = np.flatnonzero(np.diff(frames.place) != stride) + 1
    bounds = [0, *cuts.tolist(), len(frames.place)]
    jumps = sorted([*_counter_jumps(count), *_clock_jumps(clock, count)])
    for run_low, high in pairwise(bounds):
        low = run_low
        for last, first in [jump for jump in jumps if run_low <= jump[0] and jump[1] < high]:
            if low < last:
                yield _make_segment(low, last, count, clock)
            low = max(low, first + 1)
        if low < high:
            yield _make_segment(low, high, count, clock)


def _make_segment(
    low: int, high: int, count: CounterReadings | None, clock: ClockReadings | None
) -> Segment:
    frame = None if count is None else _most_common_offset(count.rows, count.offset, low, high)
    clock_s = None if clock is None else _most_common_offset(clock.rows, clock.offset_s, low, high)
    return Segment(low, high, frame, clock_s)


def _most_common_offset(rows: Rows, offsets: Rows, low: int, high: int) -> int | None:
    """The commonest offset of the readings in ``[low, high)``."""
    first, behind = np.searchsorted(rows, (low, high))
    return most_common(offsets[first:behind]) if first < behind else None


def _counter_jumps(count: CounterReadings | None) -> list[tuple[int, int]]:
    """Rows of the last reading before and the first behind each jump of the counter."""
    if count is None:
        return []
    at = np.flatnonzero(np.diff(count.offset))
    return list(zip(count.rows[at].tolist(), count.rows[at + 1].tolist(), strict=True))


def _clock_jumps(
    clock: ClockReadings | None, count: CounterReadings | None
) -> list[tuple[int, int]]:
    """The same for the clock, where a jump can be whole frames lost.

    A clock that was set jumps by any time; frames lost in an unbroken stride are whole frames, and
    as many as leave the superframe counter where it was.
    """
    if clock is None:
        return []
    jump = wrap_signed(np.diff(clock.offset_s), clock.modulus_s)
    quantum = _FRAME_S * (count.modulus if count else 1)
    times = np.rint(jump / quantum)
    is_whole = np.abs(jump - times * quantum) <= 1
    at = np.flatnonzero((times > 0) & is_whole & (jump <= _MAX_CUT_S))
    return list(zip(clock.rows[at].tolist(), clock.rows[at + 1].tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class GapSize:
    """Subframes that would fit between two places of the file."""

    exact: int | None
    unpadded: float


@dataclass(frozen=True, slots=True)
class GapEvidence:
    """Seconds lost, as the recording itself tells: by cycle modulo ``modulus_s``, and by clock."""

    residue_s: int
    modulus_s: int
    clock_s: int | None


def measure_gap(stream: WordStream, low: int, high: int, stride: int) -> GapSize:
    """Number of subframes that fit between two bit offsets of the file."""
    exact = round((high - low) / stride)
    is_exact = abs(high - low - exact * stride) <= _SLIP_BITS
    padding = 8 * _count_padding_bytes(stream.data[low >> 3 : max(high, low) >> 3])
    return GapSize(exact if is_exact else None, (high - low - padding) / stride)


def _count_padding_bytes(data: npt.NDArray[np.uint8]) -> int:
    """Bytes that lie in long runs of 0x00 or of 0xFF."""
    total = 0
    for value in (0x00, 0xFF):
        edges = np.flatnonzero(np.diff(np.concatenate(([0], data == value, [0])).astype(np.int8)))
        lengths = edges[1::2] - edges[0::2]
        total += int(lengths[lengths >= _MIN_PADDING_BYTES].sum())
    return total


def _gap_evidence(
    frames: Subframes,
    before: Segment,
    this: Segment,
    count: CounterReadings | None,
    clock: ClockReadings | None,
) -> GapEvidence:
    """What sequence, counter and clock say of the seconds lost between two stretches."""
    last, first = before.high - 1, this.low
    passed, modulus = int(frames.subframe[first]) - int(frames.subframe[last]), _FRAME_S
    if count and before.frame is not None and this.frame is not None:
        number = frame_numbers(frames)
        ahead = this.frame + int(number[first]) - before.frame - int(number[last])
        passed, modulus = passed + _FRAME_S * ahead, _FRAME_S * count.modulus
    clock_s = None
    if clock and before.clock_s is not None and this.clock_s is not None:
        told = this.clock_s + first - before.clock_s - last - 1
        clock_s = int(wrap_signed(np.array(told), clock.modulus_s))
    return GapEvidence((passed - 1) % modulus, modulus, clock_s)


def lost_seconds(estimate: GapSize, told: GapEvidence) -> int:
    """Seconds lost between two stretches."""
    clock_s = told.clock_s if told.clock_s is not None and told.clock_s >= -1 else None
    if clock_s is not None:
        correction = int(wrap_signed(np.array(told.residue_s - clock_s), told.modulus_s))
        if abs(correction) <= 1 and clock_s + correction >= 0:
            return clock_s + correction
    if estimate.exact is not None and (estimate.exact - told.residue_s) % told.modulus_s == 0:
        return estimate.exact
    if clock_s is not None:
        # Neither sequence nor counter went on: the recorder was off, and started anew.
        return max(clock_s, 0)
    if estimate.exact is not None:
        # Nothing was inserted where the stride is unbroken, so what is missing comes on top.
        return estimate.exact + (told.residue_s - estimate.exact) % told.modulus_s
    times = int((estimate.unpadded - told.residue_s) // told.modulus_s)
    fewer = told.residue_s + told.modulus_s * max(times, 0)
    more = fewer + told.modulus_s
    too_many, too_few = estimate.unpadded - fewer, more - estimate.unpadded
    return fewer if times < 0 or too_many * _INSERTION_PENALTY <= too_few else more


def _to_region(gap: tuple[int, int], lost: int) -> UnsyncedRegion:
    low, high = gap[0] // 8, -(-gap[1] // 8)
    return UnsyncedRegion(low, high - low, lost)


def _select_segments(
    frames: Subframes,
    stretches: Sequence[Segment],
    lost: Sequence[int],
    count: CounterReadings | None,
) -> Subframes:
    """The rows of the stretches, with their seconds and frames."""
    rows = np.concatenate([np.arange(s.low, s.high) for s in stretches])
    jumps = np.cumsum(
        [
            0,
            *(
                seconds - (b.low - a.high)
                for a, b, seconds in zip(stretches, stretches[1:], lost, strict=False)
            ),
        ]
    )
    sizes = [stretch.high - stretch.low for stretch in stretches]
    second = rows - rows[0] + np.repeat(jumps, sizes)
    frame = np.full(len(rows), UNKNOWN_FRAME, np.int64)
    if count:
        known = np.repeat([s.frame is not None for s in stretches], sizes)
        offset = np.repeat([s.frame or 0 for s in stretches], sizes)
        number = (frame_numbers(frames)[rows] + offset) % count.modulus % SUPERFRAME_FRAMES
        frame = np.where(known, number, UNKNOWN_FRAME)
    whole = len(rows) == len(frames.place)
    return replace(
        frames,
        words=frames.words if whole else frames.words[rows],
        place=frames.place[rows],
        subframe=frames.subframe[rows],
        second=second.astype(np.int32),
        frame=frame.astype(np.int16),
    )


def frame_numbers(frames: Subframes) -> Rows:
    """Numbers that go up by one from frame to frame wherever no subframe is lost."""
    return (np.arange(len(frames.subframe)) - frames.subframe + 1) // _FRAME_S
