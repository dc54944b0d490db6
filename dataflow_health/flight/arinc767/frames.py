"""Finds the frames of an ARINC 767 recording.

A frame is sync word EB90, length in bytes, time in milliseconds since the recorder's start, type
and number; then its data, and type and number once more. All numbers are big-endian.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dataflow_health.flight.recording import UnsyncedRegion

SYNC = b"\xeb\x90"
HEADER_BYTES, TRAILER_BYTES = 10, 2
_DOCUMENTARY_ID, _STANDARD = 1, b"647A"
"""Number and first characters of the frame that has the UTC time of the recorder's start."""

_MIN_BYTES, _MAX_BYTES = 14, 2048
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Frames:
    """Headers of all trusted frames, in the file's order.

    Attributes:
        offset: Byte of each frame's sync word.
        length: Length of each frame in bytes.
        tag_ms: Time since the recorder's start.
        number: Frame id, 1 to 255.
    """

    offset: Integers
    length: Integers
    tag_ms: Integers
    number: Integers

    def select(self, chosen: npt.NDArray[np.bool_]) -> "Frames":
        """The frames for which ``chosen`` is true."""
        columns = (self.offset, self.length, self.tag_ms, self.number)
        return Frames(*(column[chosen] for column in columns))


def find_frames(raw: bytes) -> Frames:
    """All frames: sync word, possible length and trailer, then a sync word or the file's end."""
    offsets = np.fromiter(_offsets(raw), np.int64)
    return Frames(
        offset=offsets,
        length=_read(raw, offsets + 2, 2),
        tag_ms=_read(raw, offsets + 4, 4),
        number=_read(raw, offsets + 9, 1),
    )


def find_gaps(raw: bytes, frames: Frames) -> tuple[UnsyncedRegion, ...]:
    """Regions that belong to no frame; the time lost there shows in the time tags."""
    edges = [0, *(frames.offset + frames.length).tolist()]
    starts = [*frames.offset.tolist(), len(raw)]
    return tuple(
        UnsyncedRegion(byte_offset=end, length=start - end, lost_subframes=0)
        for end, start in zip(edges, starts, strict=True)
        if start > end
    )


def is_documentary(raw: bytes, frames: Frames) -> npt.NDArray[np.bool_]:
    """True for frames that describe the recording instead of carrying parameters."""
    starts = (frames.offset + HEADER_BYTES).tolist()
    names_standard = [raw.startswith(_STANDARD, start) for start in starts]
    return np.asarray((frames.number == _DOCUMENTARY_ID) & np.array(names_standard, bool))


def has_usual_length(frames: Frames) -> npt.NDArray[np.bool_]:
    """True for frames of the length that most of their id have: it is one throughout."""
    is_usual = np.ones(len(frames.number), bool)
    for number in np.unique(frames.number):
        lengths = frames.length[frames.number == number]
        values, counts = np.unique(lengths, return_counts=True)
        is_usual &= (frames.number != number) | (frames.length == values[counts.argmax()])
    return is_usual


def _offsets(raw: bytes) -> Iterator[int]:
    at = raw.find(SYNC)
    while at >= 0:
        length = int.from_bytes(raw[at + 2 : at + 4])
        end = at + length
        if _MIN_BYTES <= length <= _MAX_BYTES and _ends_well(raw, at, end):
            yield at
            at = end if raw[end : end + 2] == SYNC else raw.find(SYNC, end)
        else:
            at = raw.find(SYNC, at + 1)


def _ends_well(raw: bytes, at: int, end: int) -> bool:
    is_followed = end == len(raw) or raw[end : end + 2] == SYNC
    return is_followed and raw[end - TRAILER_BYTES : end] == raw[at + 8 : at + 10]


def _read(raw: bytes, offsets: Integers, size: int) -> Integers:
    """Big-endian numbers of ``size`` bytes."""
    octets = np.frombuffer(raw, np.uint8)
    value = np.zeros(len(offsets), np.int64)
    for index in range(size):
        value = value << 8 | octets[offsets + index] if len(offsets) else value
    return value
