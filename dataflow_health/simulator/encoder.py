"""Encodes ARINC 717 frames word by word, independently of the decoder.

A subframe is one second: its sync word, then the layout's words of 12 bits (ARINC 717-15, section
3.3). Words are packed as recorders do: 16-bit integers of either byte order, or a bit stream with
two words in three bytes, least significant bit first.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from dataflow_health.flight.layout import SUPERFRAME_FRAMES, Layout, Part
from dataflow_health.flight.recorder import WordPacking
from dataflow_health.simulator.convert import Integers, to_fields

Words = npt.NDArray[np.uint16]


def frame_words(
    layout: Layout,
    counts: Mapping[str, Integers],
    *,
    first_subframe: int = 1,
    first_frame: int = 0,
) -> Words:
    """Encodes the samples of all parameters into words.

    Args:
        layout: Positions of the parameters. Parameters without counts stay zero.
        counts: int (seconds, samples in a row) by parameter name, within the limits of the field.
            One row for every second; rows of subframes that do not carry the parameter are ignored.
            Counts of ``characters`` are the bits themselves.
        first_subframe: Subframe (1-4) of the first second.
        first_frame: Frame counter of the first second.

    Returns:
        uint16 (seconds, words in a subframe); the top four bits are zero.
    """
    seconds = max(len(rows) for rows in counts.values())
    ordinal = np.arange(seconds) + first_subframe - 1
    subframe, frame = ordinal % 4 + 1, first_frame + ordinal // 4
    words = np.zeros((layout.words_per_subframe, seconds), dtype=np.uint16)
    words[0] = np.array(layout.sync_words, dtype=np.uint16)[subframe - 1]
    _write_counter(words, layout, subframe, frame)
    for name, rows in counts.items():
        parameter = layout.parameters[name]
        fields = to_fields(parameter, np.asarray(rows, dtype=np.int64))
        for k, parts in enumerate(parameter.samples):
            _write_sample(words, parts, fields[:, k], subframe, frame % SUPERFRAME_FRAMES)
    return np.ascontiguousarray(words.T)


def to_bytes(words: npt.ArrayLike, word_packing: WordPacking, *, bit_phase: int = 0) -> bytes:
    """Packs words into the bytes of a recorder's file.

    Args:
        words: 12-bit words of any shape, in order.
        word_packing: ``le16``, ``be16`` or ``packed``.
        bit_phase: Zero bits before the first word, for ``packed`` only.

    Returns:
        The bytes; a packed stream is padded with zero bits to a whole byte.
    """
    flat = np.asarray(words, dtype=np.uint16).reshape(-1)
    if word_packing != "packed":
        return flat.astype("<u2" if word_packing == "le16" else ">u2").tobytes()
    return _shifted(_packed(flat), bit_phase, len(flat) * 12)


def encode(
    layout: Layout,
    counts: Mapping[str, Integers],
    word_packing: WordPacking = "packed",
    *,
    bit_phase: int = 0,
    first_subframe: int = 1,
    first_frame: int = 0,
) -> bytes:
    """Encodes counts as the bytes of a recording: :func:`frame_words`, then :func:`to_bytes`."""
    words = frame_words(layout, counts, first_subframe=first_subframe, first_frame=first_frame)
    return to_bytes(words, word_packing, bit_phase=bit_phase)


def _write_counter(words: Words, layout: Layout, subframe: Integers, frame: Integers) -> None:
    if layout.counter is None:
        return
    low, high = layout.counter.bits
    part = Part(
        word=layout.counter.word, bits=layout.counter.bits, subframes=(layout.counter.subframe,)
    )
    _write_sample(words, (part,), frame % (1 << (high - low + 1)), subframe, frame)


def _write_sample(
    words: Words, parts: tuple[Part, ...], field: Integers, subframe: Integers, frame: Integers
) -> None:
    below = sum(part.width for part in parts)
    for part in parts:
        below -= part.width
        bits = ((field >> below) & ((1 << part.width) - 1)) << (part.bits[0] - 1)
        if len(part.subframes) < 4 or part.frames:
            carried = np.isin(subframe, part.subframes)
            if part.frames:
                carried &= np.isin(frame, part.frames)
            bits = np.where(carried, bits, 0)
        words[part.word - 1] |= bits.astype(np.uint16)


def _packed(flat: Words) -> npt.NDArray[np.uint8]:
    pairs = np.append(flat, np.uint16(0)) if len(flat) % 2 else flat
    first, second = pairs[0::2], pairs[1::2]
    out = np.empty((len(first), 3), dtype=np.uint8)
    out[:, 0] = first & 0xFF
    out[:, 1] = (first >> 8) | ((second & 0xF) << 4)
    out[:, 2] = second >> 4
    return out.reshape(-1)


def _shifted(stream: npt.NDArray[np.uint8], bit_phase: int, bits: int) -> bytes:
    whole, shift = divmod(bit_phase, 8)
    size = (bits + bit_phase + 7) // 8 - whole
    wide = np.zeros(len(stream) + 2, dtype=np.uint16)
    wide[1:-1] = stream
    shifted = ((wide[1:] << shift) | (wide[:-1] >> (8 - shift))) & 0xFF
    return bytes(whole) + shifted.astype(np.uint8)[:size].tobytes()
