"""Drops blocks of a recording that occur twice, as when a ground station read a page again.

Clock and superframe counter go back together at such a block, which no loss explains. What is
repeated is dropped, and no time passes in it.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from dataflow_health.flight.arinc717.subframes import Subframes, select_rows
from dataflow_health.flight.layout import WORD_BITS

MIN_REPEATED_S = 4
"""Subframes that must repeat in a row: a frame, so that counter and clock repeat with the rest. One
is enough where the sequence of subframes breaks, or where the page begins inside a subframe."""

MAX_DIFFERENT_S = 2
"""Subframes between two repeated frames at one distance that differ, by a bit error."""

MIN_CHANGING_WORDS = 3
"""Words that must change in a block: one that stands still but for counters repeats by nature."""

_FRAME_S = 4

_Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Repeats:
    """Repeated subframes that were dropped.

    Attributes:
        bit_offset: int64 (m,), ascending: bit of the file at which each starts.
    """

    bit_offset: npt.NDArray[np.int64]

    def count_between(self, low_bit: int, high_bit: int) -> int:
        """Number of repeated subframes in a range of bits."""
        first, end = np.searchsorted(self.bit_offset, (low_bit, high_bit))
        return int(end - first)


NO_REPEATS = Repeats(np.empty(0, np.int64))


def drop_repeated(subframes: Subframes) -> tuple[Subframes, Repeats]:
    """Drops subframes that repeat earlier ones, and a mixed one at the seam before them."""
    distance = _distance_to_equal(subframes)
    repeated = np.zeros(len(distance), np.bool_)
    stride = int(np.diff(subframes.bit_offset).min(initial=np.iinfo(np.int64).max))
    for low, high in _runs(distance):
        lag = int(distance[low])
        is_long = high - low >= MIN_REPEATED_S
        is_page = (
            is_long
            or _breaks_sequence(subframes, low, stride)
            or _is_seam(subframes, low, high, lag)
        )
        if is_page and _changes(subframes, low - lag, low, high - lag):
            repeated[low - int(_is_mixed(subframes, low, lag)) : high] = True
    if not repeated.any():
        return subframes, NO_REPEATS
    kept = select_rows(subframes, np.flatnonzero(~repeated))
    return kept, Repeats(subframes.bit_offset[repeated])


def _distance_to_equal(subframes: Subframes) -> _Rows:
    """Rows back to the latest equal subframe, 0 for none; small differences are filled in."""
    latest: dict[bytes, int] = {}
    distance = np.zeros(len(subframes.words), np.int64)
    for row, words in enumerate(subframes.words):
        content = words.tobytes()
        distance[row] = row - latest.get(content, row)
        latest[content] = row
    runs = [run for run in _runs(distance) if run[1] - run[0] >= MIN_REPEATED_S]
    for (_, end), (start, _) in pairwise(runs):
        if start - end <= MAX_DIFFERENT_S and distance[end - 1] == distance[start]:
            distance[end:start] = distance[start]
    return distance


def _runs(distance: _Rows) -> list[tuple[int, int]]:
    """First row, and row after the last, of runs at one distance."""
    edges = np.flatnonzero(np.diff(distance)) + 1
    bounds = [0, *edges.tolist(), len(distance)]
    return [(low, high) for low, high in pairwise(bounds) if distance[low] > 0]


def _breaks_sequence(subframes: Subframes, row: int, stride: int) -> bool:
    """Whether a row does not follow the one before, by its number or its place in the file."""
    follows = int(subframes.number[row]) == int(subframes.number[row - 1]) % _FRAME_S + 1
    step = int(subframes.bit_offset[row] - subframes.bit_offset[row - 1])
    return not follows or step != stride


def _changes(subframes: Subframes, low: int, repeat: int, high: int) -> bool:
    """Whether the data of rows low to high move: then their equality from repeat on is no chance.

    A block at the start of the file has no frame before it: then all rows up to its repeat count.
    """
    block = subframes.words[max(low - _FRAME_S, 0) : high]
    if len(block) <= _FRAME_S:
        block = subframes.words[:repeat]
    if len(block) <= _FRAME_S:
        return True
    changing = (block[_FRAME_S:] != block[:-_FRAME_S]).any(axis=0)
    return int(changing.sum()) >= MIN_CHANGING_WORDS


def _is_seam(subframes: Subframes, low: int, high: int, lag: int) -> bool:
    """Whether the row before a repeat begins as the one after it, and ends as its original does.

    Both must differ as data that move do: a counter that ran on can look like a mixed word.
    """
    earlier = low - 1 - lag
    if earlier < 0 or high >= len(subframes.words):
        return False
    words = subframes.words
    if np.count_nonzero(words[high] != words[earlier]) < MIN_CHANGING_WORDS:
        return False
    differing = np.flatnonzero(words[low - 1] != words[earlier])
    if not differing.size:
        return False
    last = int(differing[-1])
    mixed, after, before = (int(words[row, last]) for row in (low - 1, high, earlier))
    is_head = bool((words[low - 1, :last] == words[high, :last]).all())
    return is_head and (mixed == after or _is_mixed_word(mixed, after, before))


def _is_mixed_word(mixed: int, first: int, second: int) -> bool:
    """Whether a word has the low bits of one word and the high bits of another, or the reverse."""
    masks = [(1 << bits) - 1 for bits in range(1, WORD_BITS)]
    return any(
        not (mixed ^ low) & mask and not (mixed ^ high) & ~mask
        for mask in masks
        for low, high in ((first, second), (second, first))
    )


def _is_mixed(subframes: Subframes, low: int, lag: int) -> bool:
    """Whether the row before a repeat ends as the one before its original: a block began in it."""
    earlier = low - 1 - lag
    if low < 1 or earlier < 0:
        return False
    return bool(subframes.words[low - 1, -1] == subframes.words[earlier, -1])
