"""Trusted subframes as one matrix of words, and parameters gathered from it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dataflow_health.flight.arinc717.sync import SubframeRun
from dataflow_health.flight.arinc717.word_packing import WORD_MASK, Words, WordStream, unpack_words
from dataflow_health.flight.layout import SUPERFRAME_FRAMES, WORD_BITS, Parameter, Part
from dataflow_health.flight.parameter import (
    Fields,
    character_widths,
    field_to_count,
    field_to_text,
)
from dataflow_health.flight.recording import MISSING, Counts, Series

Rows = npt.NDArray[np.int32]

UNKNOWN_FRAME = -1

_MIN_WORDS_FOR_ERASED_BLOCK = 512
"""Words from which on a card's block of 512 bytes fits between two sync words."""

_PIECE_WORDS = 64
"""Words looked at together; 512 bytes hold three such pieces wherever they start."""

_MAX_BLANK_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Subframes:
    """Subframes, a row each, in time order.

    Attributes:
        words: uint16 (n, words per subframe).
        place: int64 (n,): bit of the file at which each starts.
        subframe: int8 (n,): 1 to 4.
        second: int32 (n,), ascending: the second since the start that each is.
        frame: int16 (n,): superframe counter of its frame, :data:`UNKNOWN_FRAME` when not known.
    """

    words: Words
    place: npt.NDArray[np.int64]
    subframe: npt.NDArray[np.int8]
    second: Rows
    frame: npt.NDArray[np.int16]


def read_subframes(
    stream: WordStream, runs: Sequence[SubframeRun], words_per_subframe: int
) -> Subframes:
    """Unpacks the runs; seconds simply count, frames are unknown."""
    total = sum(run.count for run in runs)
    words = np.empty((total, words_per_subframe), np.uint16)
    low = 0
    for run in runs:
        unpack_words(stream, run.start, words[low : low + run.count].reshape(-1))
        low += run.count
    stride = words_per_subframe * stream.pitch
    steps = [np.arange(run.count, dtype=np.int64) for run in runs]
    pairs = list(zip(runs, steps, strict=True))
    return Subframes(
        words=words,
        place=np.concatenate([run.start + step * stride for run, step in pairs]),
        subframe=np.concatenate([(run.first + s) % 4 + 1 for run, s in pairs]).astype(np.int8),
        second=np.arange(total, dtype=np.int32),
        frame=np.full(total, UNKNOWN_FRAME, np.int16),
    )


def drop_erased(frames: Subframes) -> Subframes:
    """Drops subframes in which a block of the card was erased: long runs of 0x000 or of 0xFFF.

    A block that is shorter than a subframe may leave all sync words standing. Words that are blank
    in many subframes are not in use, and no damage.
    """
    count, size = frames.words.shape
    if size < _MIN_WORDS_FOR_ERASED_BLOCK:
        return frames
    pieces = frames.words[:, : size // _PIECE_WORDS * _PIECE_WORDS].reshape(count, -1, _PIECE_WORDS)
    first = pieces[:, :, :1]
    blank = (pieces == first).all(axis=2) & np.isin(first[:, :, 0], (0, WORD_MASK))
    blank &= blank.mean(axis=0) < _MAX_BLANK_SHARE
    runs = blank[:, :-2] & blank[:, 1:-1] & blank[:, 2:]
    keep = ~runs.any(axis=1)
    return frames if keep.all() else select_rows(frames, np.flatnonzero(keep))


def select_rows(frames: Subframes, rows: npt.NDArray[np.int64]) -> Subframes:
    """Some of the rows."""
    return Subframes(
        words=frames.words[rows],
        place=frames.place[rows],
        subframe=frames.subframe[rows],
        second=frames.second[rows],
        frame=frames.frame[rows],
    )


def extract_series(frames: Subframes, parameter: Parameter) -> Series:
    """All samples of a parameter.

    A sample whose parts are spread over subframes or frames counts where all of them were received,
    at the second of its first part. Samples at different subframes share rows, with
    :data:`~dataflow_health.flight.recording.MISSING` between them.
    """
    widths = frames.words.shape[1]
    patterns = {tuple((p.subframes, p.frames) for p in sample) for sample in parameter.samples}
    if len(patterns) == 1:
        places = _sample_rows(frames, parameter.samples[0])
        counts, text = _read_samples(frames, parameter, [places] * len(parameter.samples))
        rows = places[0]
    else:
        each = [_sample_rows(frames, sample) for sample in parameter.samples]
        rows, counts, text = _merge_samples(frames, parameter, each)
    if parameter.coding == "bcd" or len(patterns) > 1:
        rows, counts = _drop_missing_rows(rows, counts)
    return Series(parameter, rows, counts, parameter.offsets_s(widths), text)


def _merge_samples(
    frames: Subframes, parameter: Parameter, each: list[list[Rows]]
) -> tuple[Rows, Counts, tuple[str, ...]]:
    """Samples of unlike subframes side by side, on the union of their rows."""
    rows = np.unique(np.concatenate([places[0] for places in each])).astype(np.int32)
    texts: dict[str, int] = {}
    counts = np.full((len(rows), len(each)), MISSING, np.int32)
    for column, (sample, places) in enumerate(zip(parameter.samples, each, strict=True)):
        one = parameter.model_copy(update={"samples": (sample,)})
        found, text = _read_samples(frames, one, [places])
        codes = np.array([texts.setdefault(t, len(texts)) for t in text] or [0], np.int32)
        where = np.searchsorted(rows, places[0])
        counts[where, column] = codes[found[:, 0]] if text else found[:, 0]
    return rows, counts, tuple(texts)


def _read_samples(
    frames: Subframes, parameter: Parameter, places: list[list[Rows]]
) -> tuple[Counts, tuple[str, ...]]:
    """Counts (m, samples) of samples whose parts stand at the given rows."""
    samples = list(zip(parameter.samples, places, strict=True))
    if parameter.is_text:
        widths = character_widths(parameter)
        codes = [_read_characters(frames, sample, rows, widths) for sample, rows in samples]
        flat, text = field_to_text(np.stack(codes, axis=1).reshape(-1, len(widths)), widths)
        return flat.reshape(-1, len(samples)), text
    kind = np.int32 if parameter.width < 32 else np.int64
    fields = np.empty((len(places[0][0]), len(samples)), kind)
    for column, (sample, rows) in enumerate(samples):
        _join_parts(fields[:, column], frames, sample, rows)
    return field_to_count(fields, parameter), ()


def _join_parts(field: Fields, frames: Subframes, sample: Sequence[Part], rows: list[Rows]) -> None:
    """Joins the parts of a sample, most significant first."""
    field[...] = _read_part(frames, sample[0], rows[0])
    for part, where in zip(sample[1:], rows[1:], strict=True):
        field <<= part.width
        field |= _read_part(frames, part, where)


def _read_characters(
    frames: Subframes, sample: Sequence[Part], rows: list[Rows], widths: tuple[int, ...]
) -> Words:
    """The characters of a sample, (m, characters), wherever the parts are cut."""
    if widths == tuple(part.width for part in sample):
        parts = [_read_part(frames, p, where) for p, where in zip(sample, rows, strict=True)]
        return np.stack(parts, axis=1)
    bits = [
        (_read_part(frames, part, where) >> bit) & 1
        for part, where in zip(sample, rows, strict=True)
        for bit in range(part.width - 1, -1, -1)
    ]
    ends = np.cumsum(widths)
    codes = np.zeros((len(rows[0]), len(widths)), np.uint16)
    for index, end in enumerate(ends):
        for bit in bits[end - widths[index] : end]:
            codes[:, index] = (codes[:, index] << 1) | bit
    return codes


def _read_part(frames: Subframes, part: Part, rows: Rows) -> Words:
    column = frames.words[:, part.word - 1]
    words = column if len(rows) == len(column) else column[rows]
    low, high = part.bits
    if high < WORD_BITS:
        words = words & np.uint16((1 << high) - 1)
    return words >> np.uint16(low - 1) if low > 1 else words


def _sample_rows(frames: Subframes, sample: Sequence[Part]) -> list[Rows]:
    """Rows of each part of a sample, (m,) each: the k-th of all are one sample."""
    first = _part_rows(frames, sample[0])
    if all((p.subframes, p.frames) == (sample[0].subframes, sample[0].frames) for p in sample):
        return [first] * len(sample)
    found = [_matching_rows(frames, sample[0], part, first) for part in sample]
    whole = np.logical_and.reduce([rows >= 0 for rows in found])
    return [rows[whole] for rows in found]


def _part_rows(frames: Subframes, part: Part) -> Rows:
    if not part.frames and len(part.subframes) == 4:
        return np.arange(len(frames.subframe), dtype=np.int32)
    carries = _is_one_of(frames.subframe, part.subframes)
    if part.frames:
        carries &= _is_one_of(frames.frame, part.frames)
    return np.flatnonzero(carries).astype(np.int32)


def _is_one_of(
    values: npt.NDArray[np.signedinteger], wanted: tuple[int, ...]
) -> npt.NDArray[np.bool_]:
    """``isin`` for small whole numbers and -1, by a table: it is asked for every parameter."""
    table = np.zeros(SUPERFRAME_FRAMES + 1, bool)
    table[list(wanted)] = True
    return np.asarray(table[values], bool)


def _matching_rows(frames: Subframes, first: Part, part: Part, rows: Rows) -> Rows:
    """Rows of another part of the samples whose first part is at ``rows``; -1 where it is lost.

    The n-th subframe (and frame of the superframe) of the one goes with the n-th of the other; a
    part with fewer of them is shared by the samples around it.
    """
    subframe = _matching_number(frames.subframe[rows], first.subframes, part.subframes)
    target = frames.second[rows] + subframe - frames.subframe[rows]
    if first.frames and part.frames:
        frame = frames.frame[rows]
        target += 4 * (_matching_number(frame, first.frames, part.frames) - frame)
    found = np.searchsorted(frames.second, target).clip(max=len(frames.second) - 1)
    is_there = (frames.second[found] == target) & (frames.subframe[found] == subframe)
    if part.frames:
        is_there &= _is_one_of(frames.frame[found], part.frames)
    return np.where(is_there, found, -1).astype(np.int32)


def _matching_number(
    values: npt.NDArray[np.signedinteger], ours: tuple[int, ...], theirs: tuple[int, ...]
) -> Rows:
    ranks = np.searchsorted(sorted(ours), values)
    return np.array(sorted(theirs), np.int32)[ranks * len(theirs) // len(ours)]


def _drop_missing_rows(rows: Rows, counts: Counts) -> tuple[Rows, Counts]:
    """Leaves out rows in which every sample is missing."""
    empty = (counts == MISSING).all(axis=1)
    return (rows[~empty], counts[~empty]) if empty.any() else (rows, counts)
