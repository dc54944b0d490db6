"""Finds runs of subframes whose sync words repeat at the subframe's stride.

Sync words occur in data too, so a place counts as in sync only when the following sync words stand
one stride apart. A subframe that lost or gained bits still starts with a good sync word; therefore
only a subframe that is *followed* by its successor's sync word is trusted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

from dataflow_health.flight.arinc717.word_packing import (
    WORD_MASK,
    BitOffsets,
    WordStream,
    find_words,
    read_words,
)

SyncWords = tuple[int, int, int, int]

_ACQUISITION_SYNCS = 3
"""Sync words in a row that start a run: by chance once in 10^10 bits of noise."""

_PROBE_COUNT = 5
_PROBE_SUBFRAMES = 4

_SYNCS_PER_BATCH = 4096
_MIN_SEARCH_BITS, _MAX_SEARCH_BITS = 1 << 14, 1 << 24
"""Bits searched at a time: enough to be worth a call, and memory bounded to some tens of MB."""


@dataclass(frozen=True, slots=True)
class SubframeRun:
    """Consecutive trusted subframes.

    Attributes:
        start_bit: Bit offset of the first one's sync word.
        count: Number of subframes.
        sync_index: Index (0 to 3) of the first one's sync word.
    """

    start_bit: int
    count: int
    sync_index: int


def find_runs(
    stream: WordStream, words_per_subframe: int, syncs: SyncWords, limit: int | None = None
) -> tuple[SubframeRun, ...]:
    """All runs of a file, or the first ``limit``, in order and without overlap."""
    runs = _iterate_runs(stream, words_per_subframe, syncs, stream.first_bit, stream.size_bits)
    return tuple(islice(runs, limit))


def choose_probes(stream: WordStream, stride: int) -> tuple[tuple[int, int], ...]:
    """Ranges of bits, spread evenly over a file, in which to look for sync words.

    Args:
        stream: The file.
        stride: Bits of a subframe.

    Returns:
        First bit and bit to stop before, of each range; the whole file when it is short.
    """
    width = _PROBE_SUBFRAMES * stride
    room = stream.size_bits - stream.first_bit - width
    if room < _PROBE_COUNT * width:
        return ((stream.first_bit, stream.size_bits),)
    starts = [
        stream.first_bit + room * probe // (_PROBE_COUNT - 1) for probe in range(_PROBE_COUNT)
    ]
    return tuple((start, start + width) for start in starts)


def count_subframes(
    stream: WordStream,
    words_per_subframe: int,
    syncs: SyncWords,
    probes: tuple[tuple[int, int], ...],
) -> int:
    """Number of trusted subframes in some ranges of a file.

    Args:
        stream: The file.
        words_per_subframe: Word rate to try.
        syncs: Sync words of subframes 1 to 4.
        probes: First bit and bit to stop before, of each range.
    """
    found = (_iterate_runs(stream, words_per_subframe, syncs, low, high) for low, high in probes)
    return sum(run.count for runs in found for run in runs)


def _iterate_runs(
    stream: WordStream, words: int, syncs: SyncWords, low: int, high: int
) -> Iterator[SubframeRun]:
    stride = words * stream.word_spacing_bits
    acquired = _acquire(stream, stride, syncs, low, high)
    while acquired is not None:
        start, sync_index = acquired
        good = _count_syncs_in_stride(stream, start, stride, syncs, sync_index, high)
        end = start + good * stride
        is_last = end <= stream.size_bits < end + stream.word_spacing_bits
        count = max(good if is_last else good - 1, 1)
        low = start + (count - 1) * stride + stream.alignment_bits
        acquired = _acquire(stream, stride, syncs, low, high)
        if acquired is not None and _overlaps(
            acquired, start + count * stride, sync_index + count, stride
        ):
            count -= 1
            acquired = acquired[0] + stride, (acquired[1] + 1) % 4
        if count:
            yield SubframeRun(start, count, sync_index)


def _overlaps(acquired: tuple[int, int], end: int, next_sync_index: int, stride: int) -> bool:
    """Whether the next run begins inside the last subframe of this run, or claims its successor.

    Once in 4096 slips, data look like the sync word that is due: after this run, or one subframe
    before the next. Both runs then claim the same subframe, and neither can be trusted with it.

    Args:
        acquired: Bit offset and sync index of the next run.
        end: Bit offset after this run.
        next_sync_index: Sync index due there.
        stride: Bits of a subframe.
    """
    start, sync_index = acquired
    return start < end or (start < end + stride and sync_index == next_sync_index % 4)


def _acquire(
    stream: WordStream, stride: int, syncs: SyncWords, low: int, high: int
) -> tuple[int, int] | None:
    """Bit offset and sync index of the first place in ``[low, high)`` that is in sync."""
    is_wanted, index = _sync_lookup(syncs)
    width = max(2 * stride, _MIN_SEARCH_BITS)
    while low < min(high, stream.size_bits):
        stop = min(low + width, high)
        offsets = find_words(stream, low, stop, is_wanted)
        sync_indices = index[read_words(stream, offsets)]
        in_sync = np.flatnonzero(
            _is_followed_by_syncs(stream, offsets, sync_indices, stride, syncs)
        )
        if in_sync.size:
            return int(offsets[in_sync[0]]), int(sync_indices[in_sync[0]])
        low, width = stop, min(2 * width, _MAX_SEARCH_BITS)
    return None


def _is_followed_by_syncs(
    stream: WordStream,
    offsets: BitOffsets,
    sync_indices: npt.NDArray[np.int8],
    stride: int,
    syncs: SyncWords,
) -> npt.NDArray[np.bool_]:
    """Whether the next sync words follow each offset; those past the end of the file may lack."""
    expected = np.array(syncs)
    in_sync = offsets + stride + stream.word_spacing_bits <= stream.size_bits
    for ahead in range(1, _ACQUISITION_SYNCS):
        later = offsets + ahead * stride
        is_outside = later + stream.word_spacing_bits > stream.size_bits
        in_sync &= is_outside | (read_words(stream, later) == expected[(sync_indices + ahead) % 4])
    return in_sync


def _count_syncs_in_stride(
    stream: WordStream, start: int, stride: int, syncs: SyncWords, sync_index: int, high: int
) -> int:
    """Number of correct sync words in a row from ``start`` on, one stride apart."""
    possible = (min(stream.size_bits, high) - start - stream.word_spacing_bits) // stride + 1
    expected = np.array(syncs)
    for low in range(0, possible, _SYNCS_PER_BATCH):
        ahead = np.arange(low, min(low + _SYNCS_PER_BATCH, possible), dtype=np.int64)
        is_wrong = read_words(stream, start + ahead * stride) != expected[(sync_index + ahead) % 4]
        if is_wrong.any():
            return low + int(is_wrong.argmax())
    return possible


def _sync_lookup(syncs: SyncWords) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int8]]:
    """By word: whether it is a sync word, and its index (0 to 3)."""
    is_sync = np.zeros(WORD_MASK + 1, bool)
    index = np.zeros(WORD_MASK + 1, np.int8)
    for place, word in enumerate(syncs):
        is_sync[word] = True
        index[word] = place
    return is_sync, index
