"""Joins the packets of a PCM channel to one stream in which missing packets leave their time."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from dataflow_health.flight.irig106.packets import TICKS_PER_SECOND
from dataflow_health.flight.irig106.payloads import StreamPiece
from dataflow_health.flight.recording import CLOCK_JUMP

_MIN_GAP_SHARE = 0.5
"""Share of a packet's bits from which a step of the time counter is a gap and no jitter."""

_MAX_FILL_BYTES = 2**26
"""Zeros for all gaps together: three hours of the fastest frames of ARINC 717."""


class BitStream(NamedTuple):
    """Bits of a PCM channel in order of time.

    Attributes:
        data: The first bit is the lowest of the first byte; zeros where packets are missing.
        notes: Gaps and steps of the time counter.
        fills: First byte, and first byte after it, of each range of zeros.
        paused_s: Seconds of the gaps in which no sequence number is missing.
    """

    data: bytes
    notes: tuple[str, ...]
    fills: tuple[tuple[int, int], ...]
    paused_s: int


def join_pieces(pieces: Sequence[StreamPiece], channel: int) -> BitStream:
    """The stream of a channel; each gap of the time counter is as many zeros as bits fit in it.

    Args:
        pieces: Bits of the channel's packets, in the file's order.
        channel: The channel, for the notes.
    """
    ticks_per_byte = _usual_ticks_per_byte(pieces)
    least = _MIN_GAP_SHARE * median([len(piece.data) for piece in pieces] or [0])
    parts: list[bytes] = []
    fills: list[tuple[int, int]] = []
    size, missing, filled, paused, unfilled = 0, 0, 0, 0, 0
    for piece, after in pairwise(pieces):
        parts.append(piece.data)
        size += len(piece.data)
        gap = _bytes_after(piece, after, ticks_per_byte)
        unfilled += after.counter < piece.counter or filled + gap > _MAX_FILL_BYTES
        if gap > least and filled + gap <= _MAX_FILL_BYTES:
            parts.append(bytes(gap))
            fills.append((size, size + gap))
            size, filled = size + gap, filled + gap
            skipped = (after.sequence - piece.sequence - 1) % 256
            missing += skipped
            paused += 0 if skipped else gap
    byte_s = ticks_per_byte / TICKS_PER_SECOND
    return BitStream(
        data=b"".join((*parts, *(piece.data for piece in pieces[-1:]))),
        notes=_notes(channel, len(fills), missing, filled * byte_s, unfilled),
        fills=tuple(fills),
        paused_s=int(paused * byte_s),
    )


def _usual_ticks_per_byte(pieces: Sequence[StreamPiece]) -> float:
    """By packets whose sequence numbers follow one another, else by all; 0 when it is unknown."""
    rates = [
        ((after.sequence - piece.sequence) % 256 == 1, steps / len(piece.data))
        for piece, after in pairwise(pieces)
        if piece.data and (steps := after.counter - piece.counter) > 0
    ]
    following = [rate for is_next, rate in rates if is_next]
    return median(following or [rate for _, rate in rates] or [0.0])


def _bytes_after(piece: StreamPiece, after: StreamPiece, ticks_per_byte: float) -> int:
    """Bytes that are missing between two packets by their time counters."""
    if not ticks_per_byte:
        return 0
    return round((after.counter - piece.counter) / ticks_per_byte) - len(piece.data)


def _notes(
    channel: int, gaps: int, missing: int, filled_s: float, unfilled: int
) -> tuple[str, ...]:
    notes = []
    if gaps:
        notes.append(
            f"PCM channel {channel} has gaps: {gaps}, {filled_s:.1f} s in total, {missing} "
            "packets by their sequence numbers; what comes after them keeps its time"
        )
    if unfilled:
        notes.append(
            f"PCM channel {channel}: {CLOCK_JUMP}: the time counter went back or too far ahead at "
            f"{unfilled} packet(s); later data was joined without a gap"
        )
    return tuple(notes)
