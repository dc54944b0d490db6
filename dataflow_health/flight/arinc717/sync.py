"""Runs of subframes whose sync words hold.

Sync words occur in data too, so a place counts as synchronous only when the following sync words
stand where they must. A subframe that lost or gained bits still starts with a good sync word,
therefore only a subframe that is *followed* by its successor's sync word is trusted.
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
    """Subframes in a row that are trusted.

    Attributes:
        start: Bit of the first one's sync word.
        count: How many.
        first: Index (0 to 3) of the first one's sync word.
    """

    start: int
    count: int
    first: int


def find_runs(
    stream: WordStream, words_per_subframe: int, syncs: SyncWords, limit: int | None = None
) -> tuple[SubframeRun, ...]:
    """All runs of a file, or the first ``limit``, in order, none overlapping."""
    runs = _iterate_runs(stream, words_per_subframe, syncs, stream.first, stream.size)
    return tuple(islice(runs, limit))


def choose_probes(stream: WordStream, stride: int) -> tuple[tuple[int, int], ...]:
    """Places spread over a file at which to look whether sync words hold: bits from and to.

    Args:
        stream: The file.
        stride: Bits of a subframe.
    """
    width = _PROBE_SUBFRAMES * stride
    room = stream.size - stream.first - width
    if room < _PROBE_COUNT * width:
        return ((stream.first, stream.size),)
    return tuple(
        (low, low + width)
        for low in (
            stream.first + room * probe // (_PROBE_COUNT - 1) for probe in range(_PROBE_COUNT)
        )
    )


def count_subframes(
    stream: WordStream,
    words_per_subframe: int,
    syncs: SyncWords,
    probes: tuple[tuple[int, int], ...],
) -> int:
    """Trusted subframes found when only parts of the file are looked at.

    Args:
        stream: The file.
        words_per_subframe: The stride to try.
        syncs: Sync words of subframes 1 to 4.
        probes: Bits to look from and to stop at.
    """
    found = (_iterate_runs(stream, words_per_subframe, syncs, low, high) for low, high in probes)
    return sum(run.count for runs in found for run in runs)


def _iterate_runs(
    stream: WordStream, words: int, syncs: SyncWords, low: int, high: int
) -> Iterator[SubframeRun]:
    stride = words * stream.pitch
    found = _acquire(stream, stride, syncs, low, high)
    while found is not None:
        start, first = found
        good = _count_syncs_in_stride(stream, start, stride, syncs, first, high)
        end = start + good * stride
        is_last = end <= stream.size < end + stream.pitch
        count = max(good if is_last else good - 1, 1)
        low = start + (count - 1) * stride + stream.step
        found = _acquire(stream, stride, syncs, low, high)
        if found is not None and _overlaps(found, start + count * stride, first + count, stride):
            count -= 1
            found = found[0] + stride, (found[1] + 1) % 4
        if count:
            yield SubframeRun(start, count, first)


def _overlaps(found: tuple[int, int], place: int, index: int, stride: int) -> bool:
    """Whether the next run begins where this one says that a subframe is.

    Once in 4096 slips, data look like the sync word that is due: behind this run, or a subframe
    before the next. Both then claim the same subframe, and neither can be trusted with it.
    """
    start, first = found
    return start < place or (start < place + stride and first == index % 4)


def _acquire(
    stream: WordStream, stride: int, syncs: SyncWords, low: int, high: int
) -> tuple[int, int] | None:
    """The first place in ``[low, high)`` where sync words hold, and which sync word it is."""
    is_wanted, index = _sync_lookup(syncs)
    width = max(2 * stride, _MIN_SEARCH_BITS)
    while low < min(high, stream.size):
        stop = min(low + width, high)
        places = find_words(stream, low, stop, is_wanted)
        firsts = index[read_words(stream, places)]
        held = np.flatnonzero(_is_followed_by_syncs(stream, places, firsts, stride, syncs))
        if held.size:
            return int(places[held[0]]), int(firsts[held[0]])
        low, width = stop, min(2 * width, _MAX_SEARCH_BITS)
    return None


def _is_followed_by_syncs(
    stream: WordStream,
    places: BitOffsets,
    firsts: npt.NDArray[np.int8],
    stride: int,
    syncs: SyncWords,
) -> npt.NDArray[np.bool_]:
    """Whether the next sync words follow; those behind the end of the file are not asked for."""
    expected = np.array(syncs)
    held = places + stride + stream.pitch <= stream.size
    for ahead in range(1, _ACQUISITION_SYNCS):
        later = places + ahead * stride
        outside = later + stream.pitch > stream.size
        held &= outside | (read_words(stream, later) == expected[(firsts + ahead) % 4])
    return held


def _count_syncs_in_stride(
    stream: WordStream, start: int, stride: int, syncs: SyncWords, first: int, high: int
) -> int:
    """How many sync words stand in a row at the stride, from ``start`` on."""
    possible = (min(stream.size, high) - start - stream.pitch) // stride + 1
    expected = np.array(syncs)
    for low in range(0, possible, _SYNCS_PER_BATCH):
        ahead = np.arange(low, min(low + _SYNCS_PER_BATCH, possible), dtype=np.int64)
        wrong = read_words(stream, start + ahead * stride) != expected[(first + ahead) % 4]
        if wrong.any():
            return low + int(wrong.argmax())
    return possible


def _sync_lookup(syncs: SyncWords) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int8]]:
    is_wanted = np.zeros(WORD_MASK + 1, bool)
    index = np.zeros(WORD_MASK + 1, np.int8)
    for place, word in enumerate(syncs):
        is_wanted[word] = True
        index[word] = place
    return is_wanted, index
