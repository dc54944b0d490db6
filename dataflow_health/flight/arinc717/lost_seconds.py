"""Estimates how many seconds are lost in a gap between two runs of trusted subframes.

Four sources give evidence, best first: the recorder clock, a whole number of subframes in bits, the
superframe counter, the sequence of sync words. The last two give the seconds only modulo their
cycle; the length of the gap in bits then decides how many cycles were lost.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dataflow_health.flight.arinc717.recorder_clock import wrap_signed
from dataflow_health.flight.arinc717.word_packing import WordStream

MAX_CUT_S = 3600
"""Longest loss that a clock or a counter alone is evidence of: beyond it, they were set."""

_FRAME_S = 4

_MAX_SLIP_BITS = 64
"""A burst loses or adds a few bits; with more, the length in bits is only an estimate."""

_MIN_PADDING_BYTES = 32
"""Equal bytes in a row that pad a block: no time passes in them."""

_INSERTION_PENALTY = 1.5
"""Surplus bytes are less likely than missing ones: they count this many times as much."""


class GapSize(NamedTuple):
    """Number of subframes that fit between two bits of the file.

    Attributes:
        exact: The number when the length is a whole number of subframes but for a few slipped
            bits, else None.
        unpadded: The length without padding, in subframes.
    """

    exact: int | None
    unpadded: float


@dataclass(frozen=True, slots=True)
class GapEvidence:
    """Seconds lost in a gap, as far as the recording itself shows.

    Attributes:
        residue_s: Seconds lost modulo ``cycle_s``, by sync words and superframe counter.
        cycle_s: Length of their cycle.
        clock_s: Seconds lost by the recorder clock, None when it is unknown on either side.
        is_unbroken: Whether all subframes in the gap are trusted, so that nothing was inserted.
    """

    residue_s: int
    cycle_s: int
    clock_s: int | None
    is_unbroken: bool = False


def measure_gap(stream: WordStream, low: int, high: int, stride: int) -> GapSize:
    """Size of the gap between two bit offsets.

    Args:
        stream: The file.
        low: First bit of the gap.
        high: Bit after the gap.
        stride: Bits of a subframe.
    """
    exact = round((high - low) / stride)
    is_exact = abs(high - low - exact * stride) <= _MAX_SLIP_BITS
    padding = 8 * _count_padding_bytes(stream.data[low >> 3 : max(high, low) >> 3])
    return GapSize(exact if is_exact else None, (high - low - padding) / stride)


def _count_padding_bytes(data: npt.NDArray[np.uint8]) -> int:
    """Bytes in long runs of 0x00 or of 0xFF."""
    total = 0
    for value in (0x00, 0xFF):
        edges = np.flatnonzero(np.diff(np.concatenate(([0], data == value, [0])).astype(np.int8)))
        lengths = edges[1::2] - edges[0::2]
        total += int(lengths[lengths >= _MIN_PADDING_BYTES].sum())
    return total


def estimate_lost_seconds(size: GapSize, evidence: GapEvidence) -> int:
    """Seconds lost in a gap, by the best evidence there is."""
    if not is_explained_by_loss(evidence.residue_s, evidence.cycle_s):
        # The counter was reset, or went back with repeated data: only the sync words count.
        evidence = replace(evidence, residue_s=evidence.residue_s % _FRAME_S, cycle_s=_FRAME_S)
    clock_s = evidence.clock_s
    if clock_s is not None and clock_s < -1:
        clock_s = None  # the clock went back: it was set
    if clock_s is not None:
        correction = int(wrap_signed(np.array(evidence.residue_s - clock_s), evidence.cycle_s))
        if abs(correction) <= 1 and clock_s + correction >= 0:
            return clock_s + correction
    if size.exact is not None and (size.exact - evidence.residue_s) % evidence.cycle_s == 0:
        return size.exact
    if clock_s is not None:
        # Neither sequence nor counter went on: the recorder was off, and started anew.
        return max(clock_s, 0)
    if size.exact is not None and evidence.is_unbroken:
        return size.exact + (evidence.residue_s - size.exact) % evidence.cycle_s
    return _nearest_in_cycle(size.unpadded if size.exact is None else size.exact, evidence)


def is_explained_by_loss(passed_s: int, cycle_s: int) -> bool:
    """Whether a counter's jump may be a loss; a short cycle cannot say, so it may.

    A running counter of 12 bits comes round after 4.6 hours. Its step back by a minute is not 4.6
    hours less a minute.

    Args:
        passed_s: Seconds by the counter, modulo its cycle.
        cycle_s: Length of the cycle.
    """
    if cycle_s <= MAX_CUT_S:
        return True
    return 0 <= int(wrap_signed(np.array(passed_s), cycle_s)) <= MAX_CUT_S


def _nearest_in_cycle(unpadded: float, evidence: GapEvidence) -> int:
    """The nearest number to ``unpadded`` that has the residue, preferring missing bytes."""
    cycles = int((unpadded - evidence.residue_s) // evidence.cycle_s)
    fewer = evidence.residue_s + evidence.cycle_s * max(cycles, 0)
    more = fewer + evidence.cycle_s
    surplus, missing = unpadded - fewer, more - unpadded
    return fewer if cycles < 0 or surplus * _INSERTION_PENALTY <= missing else more
