"""Faults of recorders and cards: changes to the words and bytes of a recording."""

from itertools import pairwise

import numpy as np

from dataflow_health.flight.layout import Layout
from dataflow_health.simulator.encoder import Words
from dataflow_health.simulator.fault_kind import FaultKind

BLOCK_BYTES = 512
"""Block size of a card."""

FRAME_S = 4


def _noise_bursts(words: Words, _layout: Layout, rng: np.random.Generator) -> Words:
    """Three bursts of five seconds of noise, including the sync words."""
    broken = words.copy()
    for start in _random_starts(len(words), 3, 5, rng):
        broken[start : start + 5] ^= rng.integers(0, 1 << 12, broken[:5].shape, dtype=np.uint16)
    return broken


def _without_frames(words: Words, _layout: Layout, rng: np.random.Generator) -> Words:
    """Loses three whole frames twice; the sync words continue without a gap."""
    keep = np.ones(len(words), dtype=np.bool_)
    for start in _random_starts(len(words) // FRAME_S, 2, 3, rng):
        keep[start * FRAME_S : (start + 3) * FRAME_S] = False
    return words[keep]


def _starting_mid_frame(words: Words, _layout: Layout, _rng: np.random.Generator) -> Words:
    """Starts two subframes and some words into a frame."""
    return words.reshape(-1)[2 * words.shape[1] + 103 :]


def _double_rate(words: Words, _layout: Layout, rng: np.random.Generator) -> Words:
    """Subframes of twice the words, with noise in every second word."""
    dense = rng.integers(0, 1 << 12, (len(words), 2 * words.shape[1]), dtype=np.uint16)
    dense[:, ::2] = words
    return dense


def _moved_parameters(words: Words, _layout: Layout, _rng: np.random.Generator) -> Words:
    """Moves every parameter by 37 words; the sync words stay."""
    moved = words.copy()
    moved[:, 1:] = np.roll(words[:, 1:], 37, axis=1)
    return moved


def _counter_jump(words: Words, layout: Layout, _rng: np.random.Generator) -> Words:
    """The superframe counter skips five numbers in flight; no second is missing."""
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


def _bit_slips(raw: bytes, rng: np.random.Generator) -> bytes:
    """Loses one bit at each of three positions."""
    bits = np.unpackbits(np.frombuffer(raw, dtype=np.uint8), bitorder="little")
    positions = rng.integers(len(bits) // 8, len(bits) * 7 // 8, size=3)
    return np.packbits(np.delete(bits, positions), bitorder="little").tobytes()


def _erased_blocks(raw: bytes, rng: np.random.Generator) -> bytes:
    """Two runs of eight blocks that were erased and never written."""
    broken = bytearray(raw)
    for start in _random_starts(len(raw) // BLOCK_BYTES, 2, 8, rng):
        broken[start * BLOCK_BYTES : (start + 8) * BLOCK_BYTES] = b"\xff" * (8 * BLOCK_BYTES)
    return bytes(broken)


def _swapped_bytes(raw: bytes, _rng: np.random.Generator) -> bytes:
    return np.frombuffer(raw, dtype="<u2").byteswap().tobytes()


def _with_header(raw: bytes, _rng: np.random.Generator) -> bytes:
    title = b"QUICK ACCESS CARD V2\r\nBLOCK 512\r\n"
    return title.ljust(BLOCK_BYTES, b"\x00") + raw


def _random_starts(length: int, count: int, size: int, rng: np.random.Generator) -> list[int]:
    """Draws the starts of separate ranges in the middle half of a recording."""
    edges = np.linspace(length // 4, length * 3 // 4, count + 1).astype(int)
    return [int(rng.integers(low, max(high - 4 * size, low + 1))) for low, high in pairwise(edges)]


RECORDING_FAULTS = {
    "zero_filled": FaultKind(
        "The card contains only zeros.",
        "recording", "parse", "quarantined", "zero_filled", loads=False,
        on_bytes=lambda raw, _rng: bytes(len(raw))),
    "ff_blocks": FaultKind(
        "Some blocks of the card were never written.",
        "recording", "parse", "gap", "frames_in_sync", on_bytes=_erased_blocks),
    "sync_loss": FaultKind(
        "The recording contains bursts of noise, some seconds each.",
        "recording", "parse", "gap", "frames_in_sync", on_words=_noise_bursts),
    "bit_slip": FaultKind(
        "Single bits are lost, so that all following words are shifted by a bit.",
        "recording", "parse", "gap", word_packing="packed", on_bytes=_bit_slips),
    "missing_blocks": FaultKind(
        "Whole frames are missing; only counter and clock show it.",
        "recording", "parse", "gap", "frames_in_sync", on_words=_without_frames),
    "starts_mid_frame": FaultKind(
        "The recording starts in the middle of a frame.",
        "recording", "parse", "intact", on_words=_starting_mid_frame),
    "wrong_frame_rate": FaultKind(
        "An avionics upgrade doubled the words a second; the layout is outdated.",
        "recording", "parse", "quarantined", "wrong_frame_rate", loads=False,
        on_words=_double_rate),
    "wrong_layout": FaultKind(
        "The layout belongs to another aircraft: sync words match, values are absurd.",
        "recording", "parse", "quarantined", "values_in_range", loads=False,
        on_words=_moved_parameters),
    "words_byte_swapped": FaultKind(
        "The byte order of the words is swapped; trying all word packings corrects it.",
        "recording", "parse", "intact", word_packing="le16", on_bytes=_swapped_bytes),
    "foreign_header": FaultKind(
        "A header of another manufacturer precedes the words.",
        "recording", "parse", "intact", on_bytes=_with_header),
    "counter_jumps": FaultKind(
        "The superframe counter skips numbers, but no second is missing.",
        "recording", "parse", "gap", on_words=_counter_jump),
}  # fmt: skip
"""Faults in words or bytes of a recording, by name."""
