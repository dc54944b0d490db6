"""Takes the samples of each parameter from the matrix of subframes.

Three words are used as in the layout: a parameter has one or more samples per subframe, a sample
has one or more parts, a part is some bits of one word.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from dataflow_health.flight.arinc717.subframes import Rows, Subframes
from dataflow_health.flight.arinc717.word_packing import Words
from dataflow_health.flight.layout import SUPERFRAME_FRAMES, WORD_BITS, Parameter, Part
from dataflow_health.flight.parameter import (
    Fields,
    character_widths,
    field_to_count,
    field_to_text,
)
from dataflow_health.flight.recording import MISSING, Counts, Series


def extract_series(subframes: Subframes, parameter: Parameter) -> Series:
    """All samples of a parameter.

    A sample whose parts are spread over subframes or frames exists where all parts were received,
    at the second of its first part. Samples in different subframes share rows, with
    :data:`~dataflow_health.flight.recording.MISSING` between them.
    """
    patterns = {_recorded_in(sample) for sample in parameter.samples}
    if len(patterns) == 1:
        part_rows = _sample_rows(subframes, parameter.samples[0])
        counts, text = _read_samples(subframes, parameter, [part_rows] * len(parameter.samples))
        rows = part_rows[0]
    else:
        rows, counts, text = _merge_samples(subframes, parameter)
    if parameter.coding == "bcd" or len(patterns) > 1:
        rows, counts = _drop_missing_rows(rows, counts)
    words_per_subframe = subframes.words.shape[1]
    return Series(parameter, rows, counts, parameter.offsets_s(words_per_subframe), text)


def _recorded_in(sample: Sequence[Part]) -> tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]:
    """Subframes and frames that carry each part of a sample."""
    return tuple((part.subframes, part.frames) for part in sample)


def _merge_samples(
    subframes: Subframes, parameter: Parameter
) -> tuple[Rows, Counts, tuple[str, ...]]:
    """Samples of different subframes side by side, on the union of their rows."""
    rows_of_samples = [_sample_rows(subframes, sample) for sample in parameter.samples]
    rows = np.unique(np.concatenate([part_rows[0] for part_rows in rows_of_samples]))
    codes: dict[str, int] = {}
    counts = np.full((len(rows), len(parameter.samples)), MISSING, np.int32)
    for column, (sample, part_rows) in enumerate(
        zip(parameter.samples, rows_of_samples, strict=True)
    ):
        one = parameter.model_copy(update={"samples": (sample,)})
        found, text = _read_samples(subframes, one, [part_rows])
        recoded = np.array([codes.setdefault(t, len(codes)) for t in text] or [0], np.int32)
        places = np.searchsorted(rows, part_rows[0])
        counts[places, column] = recoded[found[:, 0]] if text else found[:, 0]
    return rows.astype(np.int32), counts, tuple(codes)


def _read_samples(
    subframes: Subframes, parameter: Parameter, rows_of_samples: list[list[Rows]]
) -> tuple[Counts, tuple[str, ...]]:
    """Counts (m, samples) of all samples, and the texts they stand for.

    Args:
        subframes: All subframes.
        parameter: The parameter.
        rows_of_samples: For each sample, the rows (m,) of each of its parts.
    """
    samples = list(zip(parameter.samples, rows_of_samples, strict=True))
    if parameter.is_text:
        widths = character_widths(parameter)
        codes = [_read_characters(subframes, sample, rows, widths) for sample, rows in samples]
        flat, text = field_to_text(np.stack(codes, axis=1).reshape(-1, len(widths)), widths)
        return flat.reshape(-1, len(samples)), text
    dtype = np.int32 if parameter.width < 32 else np.int64
    fields = np.empty((len(rows_of_samples[0][0]), len(samples)), dtype)
    for column, (sample, rows) in enumerate(samples):
        _join_parts(fields[:, column], subframes, sample, rows)
    return field_to_count(fields, parameter), ()


def _join_parts(
    field: Fields, subframes: Subframes, sample: Sequence[Part], part_rows: list[Rows]
) -> None:
    """Fills ``field`` with the bits of all parts, the most significant part first."""
    field[...] = _read_part(subframes, sample[0], part_rows[0])
    for part, rows in zip(sample[1:], part_rows[1:], strict=True):
        field <<= part.width
        field |= _read_part(subframes, part, rows)


def _read_characters(
    subframes: Subframes, sample: Sequence[Part], part_rows: list[Rows], widths: tuple[int, ...]
) -> Words:
    """Character codes of a sample, (m, characters); a character may span two parts."""
    parts = [
        (part, _read_part(subframes, part, rows))
        for part, rows in zip(sample, part_rows, strict=True)
    ]
    if widths == tuple(part.width for part in sample):
        return np.stack([bits for _, bits in parts], axis=1)
    single_bits = [
        (bits >> place) & 1 for part, bits in parts for place in range(part.width - 1, -1, -1)
    ]
    codes = np.zeros((len(part_rows[0]), len(widths)), np.uint16)
    for index, end in enumerate(np.cumsum(widths)):
        for bit in single_bits[end - widths[index] : end]:
            codes[:, index] = (codes[:, index] << 1) | bit
    return codes


def _read_part(subframes: Subframes, part: Part, rows: Rows) -> Words:
    """The bits of a part, as an unsigned number, at the given rows."""
    column = subframes.words[:, part.word - 1]
    is_every_row = len(rows) == len(column) and bool((rows == np.arange(len(rows))).all())
    words = column if is_every_row else column[rows]
    low, high = part.bits
    if high < WORD_BITS:
        words = words & np.uint16((1 << high) - 1)
    return words >> np.uint16(low - 1) if low > 1 else words


def _sample_rows(subframes: Subframes, sample: Sequence[Part]) -> list[Rows]:
    """Rows of each part of a sample, (m,) each: the k-th row of every part make one sample."""
    first = _part_rows(subframes, sample[0])
    if len(set(_recorded_in(sample))) == 1:
        return [first] * len(sample)
    found = [_matching_rows(subframes, sample[0], part, first) for part in sample]
    is_whole = np.logical_and.reduce([rows >= 0 for rows in found])
    return [rows[is_whole] for rows in found]


def _part_rows(subframes: Subframes, part: Part) -> Rows:
    """All rows that carry a part."""
    if not part.frames and len(part.subframes) == 4:
        return np.arange(len(subframes.number), dtype=np.int32)
    carries = _is_one_of(subframes.number, part.subframes)
    if part.frames:
        carries &= _is_one_of(subframes.frame, part.frames)
    return np.flatnonzero(carries).astype(np.int32)


def _is_one_of(
    values: npt.NDArray[np.signedinteger], wanted: tuple[int, ...]
) -> npt.NDArray[np.bool_]:
    """``isin`` for -1 to 15 by a lookup table, which is faster; called for every parameter."""
    table = np.zeros(SUPERFRAME_FRAMES + 1, bool)
    table[list(wanted)] = True
    return np.asarray(table[values], bool)


def _matching_rows(subframes: Subframes, first: Part, part: Part, rows: Rows) -> Rows:
    """Rows of another part of the samples whose first part is at ``rows``; -1 where it is lost.

    The n-th subframe (and frame of the superframe) of one part goes with the n-th of the other; a
    part with fewer of them is shared by the neighbouring samples.
    """
    number = _matching_number(subframes.number[rows], first.subframes, part.subframes)
    target = subframes.second[rows] + number - subframes.number[rows]
    if first.frames and part.frames:
        frame = subframes.frame[rows]
        target += 4 * (_matching_number(frame, first.frames, part.frames) - frame)
    found = np.searchsorted(subframes.second, target).clip(max=len(subframes.second) - 1)
    is_received = (subframes.second[found] == target) & (subframes.number[found] == number)
    if part.frames:
        is_received &= _is_one_of(subframes.frame[found], part.frames)
    return np.where(is_received, found, -1).astype(np.int32)


def _matching_number(
    values: npt.NDArray[np.signedinteger], ours: tuple[int, ...], theirs: tuple[int, ...]
) -> Rows:
    """The number in ``theirs`` of the same rank as each value has in ``ours``."""
    ranks = np.searchsorted(sorted(ours), values)
    return np.array(sorted(theirs), np.int32)[ranks * len(theirs) // len(ours)]


def _drop_missing_rows(rows: Rows, counts: Counts) -> tuple[Rows, Counts]:
    """Leaves out rows in which every sample is missing."""
    is_empty = (counts == MISSING).all(axis=1)
    return (rows[~is_empty], counts[~is_empty]) if is_empty.any() else (rows, counts)
