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
_MAX_LATE_MS, _MAX_GAP_MS = 64_000, 43_200_000
"""A slow frame may be written this long after quicker ones with later tags; longest pause."""

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


def drop_implausible(frames: Frames) -> tuple[Frames, list[str]]:
    """Frames without those of an odd length or time, and a note on each kind of them.

    A frame id has one length throughout. A time tag that goes back is a repeated block, or damaged;
    one that is ahead of its neighbours is damaged.
    """
    is_usual = np.ones(len(frames.number), bool)
    for number in np.unique(frames.number):
        lengths = frames.length[frames.number == number]
        values, counts = np.unique(lengths, return_counts=True)
        is_usual &= (frames.number != number) | (frames.length == values[counts.argmax()])
    kept = frames.select(is_usual)
    ahead = _is_ahead(kept.tag_ms)
    kept = kept.select(~ahead)
    is_back = _is_back(kept)
    kept = kept.select(~is_back)
    found = {
        "frames have another length than the others of their id": int((~is_usual).sum()),
        "frames have a time tag far ahead of both neighbours": int(ahead.sum()),
        "frames repeat earlier ones and are left out: their time tags go back": int(is_back.sum()),
    }
    return kept, [f"{count} {problem}" for problem, count in found.items() if count]


def _is_ahead(tags: Integers) -> npt.NDArray[np.bool_]:
    """True for a tag far later than the next, while the next goes on from the one before.

    The last tag has no next; it is ahead when it is half a day after the one before.
    """
    ahead = np.zeros(len(tags), bool)
    if len(tags) > 1:
        near = tags[:-2] - _MAX_LATE_MS
        ahead[1:-1] = (tags[1:-1] > tags[2:] + _MAX_LATE_MS) & (tags[2:] >= near)
        ahead[-1] = tags[-1] - tags[-2] > _MAX_GAP_MS
    return ahead


def _is_back(frames: Frames) -> npt.NDArray[np.bool_]:
    """True for a tag that is not later than all before of its id, or far behind any before."""
    if not len(frames.tag_ms):
        return np.zeros(0, bool)
    back = np.asarray(frames.tag_ms < np.maximum.accumulate(frames.tag_ms) - _MAX_LATE_MS)
    for number in np.unique(frames.number):
        own = np.flatnonzero(frames.number == number)
        latest = np.maximum.accumulate(frames.tag_ms[own])
        back[own[1:]] |= frames.tag_ms[own[1:]] <= latest[:-1]
    return back


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
