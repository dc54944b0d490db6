"""Recorders and cards that go wrong: changes to the words and bytes of a recording."""

from itertools import pairwise

import numpy as np

from dataflow_health.flight.layout import Layout
from dataflow_health.simulator.encoder import Words
from dataflow_health.simulator.fault_kind import FaultKind

BLOCK_BYTES = 512
"""Cards are written in blocks of this size."""

FRAME_S = 4


def _bursts(words: Words, _layout: Layout, rng: np.random.Generator) -> Words:
    """Three times five seconds of noise, sync words included."""
    broken = words.copy()
    for start in _apart(len(words), 3, 5, rng):
        broken[start : start + 5] ^= rng.integers(0, 1 << 12, broken[:5].shape, dtype=np.uint16)
    return broken


def _without_frames(words: Words, _layout: Layout, rng: np.random.Generator) -> Words:
    """Twice three whole frames lost: sync words go on as if nothing were missing."""
    keep = np.ones(len(words), dtype=np.bool_)
    for start in _apart(len(words) // FRAME_S, 2, 3, rng):
        keep[start * FRAME_S : (start + 3) * FRAME_S] = False
    return words[keep]


def _later(words: Words, _layout: Layout, _rng: np.random.Generator) -> Words:
    """The power came on two subframes and some words into a frame."""
    return words.reshape(-1)[2 * words.shape[1] + 103 :]


def _denser(words: Words, _layout: Layout, rng: np.random.Generator) -> Words:
    """The same seconds in subframes of twice the words, every second word something new."""
    dense = rng.integers(0, 1 << 12, (len(words), 2 * words.shape[1]), dtype=np.uint16)
    dense[:, ::2] = words
    return dense


def _elsewhere(words: Words, _layout: Layout, _rng: np.random.Generator) -> Words:
    """Sync words hold, but every parameter stands 37 words further on."""
    moved = words.copy()
    moved[:, 1:] = np.roll(words[:, 1:], 37, axis=1)
    return moved


def _counts_on(words: Words, layout: Layout, _rng: np.random.Generator) -> Words:
    """The superframe counter leaves out five numbers in mid-flight; no second is missing."""
    if layout.counter is None:
        return words
    low, high = layout.counter.bits
    mask = ((1 << (high - low + 1)) - 1) << (low - 1)
    rows = np.arange(len(words) // 2 // FRAME_S * FRAME_S, len(words), FRAME_S)
    rows = rows + layout.counter.subframe - 1
    rows = rows[rows < len(words)]
    column = words[rows, layout.counter.word - 1]
    jumped = words.copy()
    new = (column + (5 << (low - 1))) & mask
    jumped[rows, layout.counter.word - 1] = (column & ~np.uint16(mask)) | new
    return jumped


def _slipped(raw: bytes, rng: np.random.Generator) -> bytes:
    """One bit lost in each of three places."""
    bits = np.unpackbits(np.frombuffer(raw, dtype=np.uint8), bitorder="little")
    places = rng.integers(len(bits) // 8, len(bits) * 7 // 8, size=3)
    return np.packbits(np.delete(bits, places), bitorder="little").tobytes()


def _blocks_of_ones(raw: bytes, rng: np.random.Generator) -> bytes:
    """Twice eight blocks that were erased and never written."""
    broken = bytearray(raw)
    for start in _apart(len(raw) // BLOCK_BYTES, 2, 8, rng):
        broken[start * BLOCK_BYTES : (start + 8) * BLOCK_BYTES] = b"\xff" * (8 * BLOCK_BYTES)
    return bytes(broken)


def _swapped_bytes(raw: bytes, _rng: np.random.Generator) -> bytes:
    return np.frombuffer(raw, dtype="<u2").byteswap().tobytes()


def _under_header(raw: bytes, _rng: np.random.Generator) -> bytes:
    title = b"QUICK ACCESS CARD V2\r\nBLOCK 512\r\n"
    return title.ljust(BLOCK_BYTES, b"\x00") + raw


def _apart(length: int, count: int, size: int, rng: np.random.Generator) -> list[int]:
    """Starts of so many stretches, each drawn from its own part of the middle of a recording."""
    edges = np.linspace(length // 4, length * 3 // 4, count + 1).astype(int)
    return [int(rng.integers(low, max(high - 4 * size, low + 1))) for low, high in pairwise(edges)]


RECORDING_FAULTS = {
    "zero_filled": FaultKind(
        "The card holds nothing but zeros.",
        "recording", "parse", "quarantined", "zero_filled", loads=False,
        on_bytes=lambda raw, _rng: bytes(len(raw))),
    "ff_blocks": FaultKind(
        "Some blocks of the card were never written.",
        "recording", "parse", "gap", "frames_in_sync", on_bytes=_blocks_of_ones),
    "sync_loss": FaultKind(
        "Bursts of noise, some seconds each.",
        "recording", "parse", "gap", "frames_in_sync", on_words=_bursts),
    "bit_slip": FaultKind(
        "Single bits are lost, so that every word behind them stands at another bit.",
        "recording", "parse", "gap", word_packing="packed", on_bytes=_slipped),
    "missing_blocks": FaultKind(
        "Whole frames are missing, and nothing but counter and clock tells.",
        "recording", "parse", "gap", "frames_in_sync", on_words=_without_frames),
    "starts_mid_frame": FaultKind(
        "The recording begins in the middle of a frame.",
        "recording", "parse", "kept", on_words=_later),
    "wrong_frame_rate": FaultKind(
        "An upgrade of the avionics doubled the words a second; the layout is still the old one.",
        "recording", "parse", "quarantined", "wrong_frame_rate", loads=False, on_words=_denser),
    "wrong_layout": FaultKind(
        "The layout is another aircraft's: sync words hold, values are absurd.",
        "recording", "parse", "quarantined", "values_in_range", loads=False, on_words=_elsewhere),
    "words_byte_swapped": FaultKind(
        "The words' bytes are the wrong way round, which trying all word packings puts right.",
        "recording", "parse", "kept", word_packing="le16", on_bytes=_swapped_bytes),
    "foreign_header": FaultKind(
        "A header of another maker stands in front of the words.",
        "recording", "parse", "kept", on_bytes=_under_header),
    "counter_jumps": FaultKind(
        "The superframe counter leaves out numbers, but no second is missing.",
        "recording", "parse", "gap", on_words=_counts_on),
}  # fmt: skip
"""Faults that are changes of words or bytes, by name."""
