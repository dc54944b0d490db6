"""Reads twelve-bit words from the bytes of a file.

Three word packings are known: ``le16`` and ``be16`` hold a word in the low twelve bits of a 16-bit
integer (ground stations put marks in the top four: cut, unknown, bad, padded; no word has them),
``packed`` holds two words in three bytes, least significant bit first as on the wire (ARINC 717-15,
section 3.2). Locations are bit offsets from the start of the file in all of them.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dataflow_health.flight.layout import WORD_BITS
from dataflow_health.flight.recorder import WordPacking

Words = npt.NDArray[np.uint16]
BitOffsets = npt.NDArray[np.int64]

WORD_MASK = (1 << WORD_BITS) - 1
_INTEGER_BITS = 16
"""Spacing of words that are stored in integers."""

_PADDING_BYTES = 8
"""Zero bytes after the file, so that the last word can be read with a 32-bit window."""

_PAIRS_PER_BATCH = 1 << 15
"""Pairs of words unpacked at a time: their windows stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class WordStream:
    """A file seen as words.

    Attributes:
        data: uint8, the file's bytes and some zeros after them.
        size_bits: Length of the file.
        word_packing: How words are packed.
        first_bit: First bit that may belong to a word.
    """

    data: npt.NDArray[np.uint8]
    size_bits: int
    word_packing: WordPacking
    first_bit: int = 0

    @property
    def word_spacing_bits(self) -> int:
        """Bits from the start of a word to the start of the next."""
        return WORD_BITS if self.word_packing == "packed" else _INTEGER_BITS

    @property
    def alignment_bits(self) -> int:
        """Words start at multiples of this: any bit when packed, bytes when in integers."""
        return 1 if self.word_packing == "packed" else 8


def open_stream(raw: bytes, word_packing: WordPacking, header_bytes: int = 0) -> WordStream:
    """The bytes of a file as a stream of words."""
    data = np.frombuffer(raw + bytes(_PADDING_BYTES), np.uint8)
    return WordStream(data, 8 * len(raw), word_packing, 8 * header_bytes)


def read_words(stream: WordStream, offsets: BitOffsets) -> Words:
    """Words at the given bit offsets; zero where a word does not lie wholly inside the file.

    Args:
        stream: The file.
        offsets: int64, any shape.

    Returns:
        uint16, same shape.
    """
    is_inside = (offsets >= 0) & (offsets + stream.word_spacing_bits <= stream.size_bits)
    safe = np.where(is_inside, offsets, 0)
    windows = _byte_windows(stream)[safe >> 3]
    words = windows >> (safe & 7) if stream.word_packing == "packed" else windows
    return np.where(is_inside, words & WORD_MASK, 0).astype(np.uint16)


def unpack_words(stream: WordStream, start_bit: int, words: Words) -> None:
    """Fills ``words``, uint16 (count,), with consecutive words; all must lie inside the file."""
    byte, shift = divmod(start_bit, 8)
    count = len(words)
    if stream.word_packing != "packed":
        np.bitwise_and(_integers(stream, byte, count), WORD_MASK, out=words)
        return
    windows = np.ndarray(((count + 1) // 2,), "<u4", stream.data, byte, (3,))
    for low in range(0, len(windows), _PAIRS_PER_BATCH):
        pairs = windows[low : low + _PAIRS_PER_BATCH] >> np.uint32(shift)
        batch = words[2 * low : 2 * (low + _PAIRS_PER_BATCH)]
        batch[0::2] = pairs & WORD_MASK
        batch[1::2] = ((pairs >> WORD_BITS) & WORD_MASK)[: len(batch) // 2]


def find_marked(stream: WordStream, start_bit: int, count: int) -> npt.NDArray[np.bool_]:
    """Bool (count,): which of consecutive words in integers have a bit set above their twelve."""
    return _integers(stream, start_bit // 8, count) > WORD_MASK


def find_words(
    stream: WordStream, low: int, high: int, is_wanted: npt.NDArray[np.bool_]
) -> BitOffsets:
    """Bit offsets in ``[low, high)`` at which a wanted word starts.

    Args:
        stream: The file.
        low: First bit to search.
        high: Bit to stop before.
        is_wanted: bool (4096,), by word.

    Returns:
        int64, ascending.
    """
    high = min(high, stream.size_bits - stream.word_spacing_bits + 1)
    if high <= low:
        return np.empty(0, np.int64)
    windows = _byte_windows(stream)[low >> 3 : (high + 7) >> 3]
    if stream.word_packing == "packed":
        hits = [is_wanted[(windows >> np.uint32(bit)) & WORD_MASK] for bit in range(8)]
        found = np.flatnonzero(np.stack(hits, axis=1))
    else:
        found = np.flatnonzero(is_wanted[windows & WORD_MASK]) * 8
    offsets = found.astype(np.int64) + (low >> 3 << 3)
    return offsets[(offsets >= low) & (offsets < high)]


def _integers(stream: WordStream, byte: int, count: int) -> npt.NDArray[np.uint16]:
    """Consecutive 16-bit integers of the file, as a view."""
    dtype = "<u2" if stream.word_packing == "le16" else ">u2"
    return np.ndarray((count,), dtype, stream.data, byte)


def _byte_windows(stream: WordStream) -> npt.NDArray[np.unsignedinteger[Any]]:
    """The integer that starts at each byte, wide enough to hold a word at any bit of that byte."""
    dtype = {"le16": "<u2", "be16": ">u2", "packed": "<u4"}[stream.word_packing]
    size = len(stream.data) - _PADDING_BYTES
    return np.ndarray((size + 1,), dtype, stream.data, 0, (1,))
