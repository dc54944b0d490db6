"""Twelve-bit words inside the bytes of a file.

Three containers are known: ``le16`` and ``be16`` hold a word in the low twelve bits of a 16-bit
integer (ground stations put flags in the top four: cut, unknown, bad, padded; they are masked off),
``packed`` holds two words in three bytes, least significant bit first as on the wire (ARINC 717-15,
section 3.2). Places are bits from the start of the file, whatever the container.
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
_PADDING_BYTES = 8
"""Zero bytes behind the file, so that the last word can be read with a 32-bit window."""

_PAIRS_PER_BATCH = 1 << 15
"""Pairs of words unpacked at a time: their windows stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class WordStream:
    """A file seen as words.

    Attributes:
        data: uint8, the file's bytes and some zeros behind.
        size: Bits of the file.
        container: How words are packed.
        first: First bit that may belong to a word.
    """

    data: npt.NDArray[np.uint8]
    size: int
    container: WordPacking
    first: int = 0

    @property
    def pitch(self) -> int:
        """Bits from word to word."""
        return WORD_BITS if self.container == "packed" else 16

    @property
    def step(self) -> int:
        """Bits from one possible start of a word to the next: words in integers start on bytes."""
        return 1 if self.container == "packed" else 8


def open_stream(raw: bytes, container: WordPacking, header_bytes: int = 0) -> WordStream:
    """The file's words as one container would hold them."""
    data = np.frombuffer(raw + bytes(_PADDING_BYTES), np.uint8)
    return WordStream(data, 8 * len(raw), container, 8 * header_bytes)


def read_words(stream: WordStream, places: BitOffsets) -> Words:
    """Words that start at the given bits; zero where a word is not wholly inside the file.

    Args:
        stream: The file.
        places: int64, any shape.

    Returns:
        uint16, same shape.
    """
    inside = (places >= 0) & (places + stream.pitch <= stream.size)
    safe = np.where(inside, places, 0)
    windows = _byte_windows(stream)
    words = windows[safe >> 3] if stream.step != 1 else windows[safe >> 3] >> (safe & 7)
    return np.where(inside, words & WORD_MASK, 0).astype(np.uint16)


def unpack_words(stream: WordStream, start: int, words: Words) -> None:
    """Fills ``words``, uint16 (count,), with words in a row from bit ``start``, all in the file."""
    byte, shift = divmod(start, 8)
    count = len(words)
    if stream.container != "packed":
        order = "<u2" if stream.container == "le16" else ">u2"
        given: npt.NDArray[np.uint16] = np.ndarray((count,), order, stream.data, byte)
        np.bitwise_and(given, WORD_MASK, out=words)
        return
    windows = np.ndarray(((count + 1) // 2,), "<u4", stream.data, byte, (3,))
    for low in range(0, len(windows), _PAIRS_PER_BATCH):
        pairs = windows[low : low + _PAIRS_PER_BATCH] >> np.uint32(shift)
        part = words[2 * low : 2 * (low + _PAIRS_PER_BATCH)]
        part[0::2] = pairs & WORD_MASK
        part[1::2] = ((pairs >> WORD_BITS) & WORD_MASK)[: len(part) // 2]


def find_words(
    stream: WordStream, low: int, high: int, is_wanted: npt.NDArray[np.bool_]
) -> BitOffsets:
    """Bits in ``[low, high)`` at which a wanted word starts.

    Args:
        stream: The file.
        low: First bit to look at.
        high: Bit to stop before.
        is_wanted: bool (4096,), by word.

    Returns:
        int64, ascending.
    """
    high = min(high, stream.size - stream.pitch + 1)
    if high <= low:
        return np.empty(0, np.int64)
    windows = _byte_windows(stream)[low >> 3 : (high + 7) >> 3]
    if stream.step != 1:
        found = np.flatnonzero(is_wanted[windows & WORD_MASK]) * 8
    else:
        hits = [is_wanted[(windows >> np.uint32(bit)) & WORD_MASK] for bit in range(8)]
        found = np.flatnonzero(np.stack(hits, axis=1))
    places = found.astype(np.int64) + (low >> 3 << 3)
    return places[(places >= low) & (places < high)]


def _byte_windows(stream: WordStream) -> npt.NDArray[np.unsignedinteger[Any]]:
    """The integer that starts at each byte, wide enough to hold a word at any bit of it."""
    kind = {"le16": "<u2", "be16": ">u2", "packed": "<u4"}[stream.container]
    size = len(stream.data) - _PADDING_BYTES
    return np.ndarray((size + 1,), kind, stream.data, 0, (1,))
