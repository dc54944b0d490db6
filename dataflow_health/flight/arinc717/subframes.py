"""Trusted subframes as one matrix of words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dataflow_health.flight.arinc717.sync import SubframeRun
from dataflow_health.flight.arinc717.word_packing import (
    WORD_MASK,
    Words,
    WordStream,
    find_marked,
    unpack_words,
)

Rows = npt.NDArray[np.int32]

UNKNOWN_FRAME = -1

_MIN_WORDS_FOR_ERASED_BLOCK = 512
"""Words a second from which on a card's block of 512 bytes fits between two sync words."""

_PIECE_WORDS = 64
"""Words compared together; 512 bytes hold three such pieces wherever they start."""

_MAX_BLANK_SHARE = 0.1
"""A piece that is blank in this share of subframes or more is not in use, so not erased."""


_MAX_MARKED_SHARE = 0.5
"""Where more subframes than this have bits above their words, these are no marks of bad ones."""


@dataclass(frozen=True, slots=True)
class Subframes:
    """Subframes, one per row, in time order.

    Attributes:
        words: uint16 (n, words per subframe).
        bit_offset: int64 (n,): bit of the file at which each starts.
        number: int8 (n,): 1 to 4, the subframe's place in its frame.
        second: int32 (n,), ascending: second since the start of the recording.
        frame: int16 (n,): superframe counter of its frame, or :data:`UNKNOWN_FRAME`.
    """

    words: Words
    bit_offset: npt.NDArray[np.int64]
    number: npt.NDArray[np.int8]
    second: Rows
    frame: npt.NDArray[np.int16]


def read_subframes(
    stream: WordStream, runs: Sequence[SubframeRun], words_per_subframe: int
) -> Subframes:
    """Unpacks all runs. Seconds are numbered as if nothing were lost; frames are unknown."""
    total = sum(run.count for run in runs)
    words = np.empty((total, words_per_subframe), np.uint16)
    low = 0
    for run in runs:
        unpack_words(stream, run.start_bit, words[low : low + run.count].reshape(-1))
        low += run.count
    stride = words_per_subframe * stream.word_spacing_bits
    steps = [(run, np.arange(run.count, dtype=np.int64)) for run in runs]
    number = np.concatenate([(run.sync_index + step) % 4 + 1 for run, step in steps])
    return Subframes(
        words=words,
        bit_offset=np.concatenate([run.start_bit + step * stride for run, step in steps]),
        number=number.astype(np.int8),
        second=np.arange(total, dtype=np.int32),
        frame=np.full(total, UNKNOWN_FRAME, np.int16),
    )


def find_marked_rows(
    stream: WordStream, runs: Sequence[SubframeRun], words_per_subframe: int
) -> npt.NDArray[np.int64]:
    """Rows of the subframes of all runs in which the ground station marked a word.

    Which bit means what differs from one to another; all of them mean that a word is not what was
    recorded (cut, bad, padded or unknown). Words that are packed have no room for marks.
    """
    if stream.word_packing == "packed":
        return np.empty(0, np.int64)
    parts = [
        find_marked(stream, run.start_bit, run.count * words_per_subframe)
        .reshape(run.count, words_per_subframe)
        .any(axis=1)
        for run in runs
    ]
    rows = np.flatnonzero(np.concatenate(parts))
    is_mark = len(rows) <= _MAX_MARKED_SHARE * sum(run.count for run in runs)
    return rows if is_mark else rows[:0]


def drop_erased(subframes: Subframes) -> Subframes:
    """Drops subframes in which a block of the card was erased: long runs of 0x000 or of 0xFFF.

    A block that is shorter than a subframe may leave all sync words intact. Words that are blank
    in many subframes are not in use, which is no damage.
    """
    count, size = subframes.words.shape
    if size < _MIN_WORDS_FOR_ERASED_BLOCK:
        return subframes
    whole = subframes.words[:, : size // _PIECE_WORDS * _PIECE_WORDS]
    pieces = whole.reshape(count, -1, _PIECE_WORDS)
    first = pieces[:, :, :1]
    is_blank = (pieces == first).all(axis=2) & np.isin(first[:, :, 0], (0, WORD_MASK))
    is_blank &= is_blank.mean(axis=0) < _MAX_BLANK_SHARE
    three_in_a_row = is_blank[:, :-2] & is_blank[:, 1:-1] & is_blank[:, 2:]
    is_sound = ~three_in_a_row.any(axis=1)
    return subframes if is_sound.all() else select_rows(subframes, np.flatnonzero(is_sound))


def select_rows(subframes: Subframes, rows: npt.NDArray[np.int64]) -> Subframes:
    """The given rows only."""
    return Subframes(
        words=subframes.words[rows],
        bit_offset=subframes.bit_offset[rows],
        number=subframes.number[rows],
        second=subframes.second[rows],
        frame=subframes.frame[rows],
    )
