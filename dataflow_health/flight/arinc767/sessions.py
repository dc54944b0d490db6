"""Finds the power cycles of an ARINC 767 recording, and its repeated and damaged frames.

Time tags count from the recorder's start. Where they go back, frames were read twice when their
bytes are those of earlier ones, a few tags are damaged, or the recorder was started again.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dataflow_health.flight.arinc767.frames import Frames

MAX_LATE_MS, MAX_GAP_MS = 64_000, 43_200_000
"""A slow frame may be written this long after quicker ones with later tags; longest pause."""

_MIN_FRAMES = 10
"""Frames that prove a power cycle; fewer with a tag apart from the others are damaged."""

_MIN_REPEATED_SHARE = 0.9
"""Share of equal frames from which a block whose tags go back was read twice."""

_DAMAGED, _REPEATED = -1, -2

Integers = npt.NDArray[np.int64]


class FrameSessions(NamedTuple):
    """Power cycle of each frame.

    Attributes:
        number: For each frame the power cycle, from 0; negative when it is left out.
        is_repeated: True for frames whose bytes an earlier one has.
    """

    number: Integers
    is_repeated: npt.NDArray[np.bool_]


def find_sessions(raw: bytes, frames: Frames) -> FrameSessions:
    """The power cycle of each frame.

    Args:
        raw: The whole file.
        frames: Frames with parameters, in the file's order.
    """
    number = _SessionReader(raw, frames).read()
    return FrameSessions(number=number, is_repeated=number == _REPEATED)


def _is_back(tag_ms: int, own_ms: int, latest_ms: int) -> bool:
    """True for a tag not later than the latest of its id, or far behind the latest of any id."""
    return tag_ms <= own_ms or tag_ms < latest_ms - MAX_LATE_MS


class _KeptFrame(NamedTuple):
    """A frame of the present power cycle, and what its time tag replaced.

    Attributes:
        frame: Index of the frame.
        own_before_ms: Latest tag of its id before it, -1 when it was the first.
        all_before_ms: Latest tag of all ids before it.
    """

    frame: int
    own_before_ms: int
    all_before_ms: int


class _SessionReader:
    """Walks once through the frames."""

    def __init__(self, raw: bytes, frames: Frames) -> None:
        self._tags = frames.tag_ms.tolist()
        self._ids = frames.number.tolist()
        ends = (frames.offset + frames.length).tolist()
        self._is_copy = _find_copies(raw, frames.offset.tolist(), ends)
        self._number = [_DAMAGED] * len(self._tags)
        self._session = 0
        self._start_again(0)

    def read(self) -> Integers:
        at = 0
        while at < len(self._tags):
            own_ms = self._latest_of.get(self._ids[at], -1)
            if _is_back(self._tags[at], own_ms, self._latest_ms):
                at = self._go_back(at)
            else:
                self._keep(at)
                at += 1
        self._drop_last_ahead()
        return np.array(self._number, np.int64)

    def _start_again(self, session: int) -> None:
        self._session = session
        self._kept: list[_KeptFrame] = []
        self._latest_of: dict[int, int] = {}
        self._latest_ms = -1

    def _keep(self, at: int) -> None:
        tag, frame_id = self._tags[at], self._ids[at]
        own_before = self._latest_of.get(frame_id, -1)
        self._kept.append(_KeptFrame(at, own_before, self._latest_ms))
        self._number[at] = self._session
        self._latest_of[frame_id] = tag
        self._latest_ms = max(self._latest_ms, tag)

    def _go_back(self, at: int) -> int:
        """Judges the frames from a step back on; returns the next frame to judge."""
        end = self._end_of_block(at)
        if sum(self._is_copy[at:end]) >= _MIN_REPEATED_SHARE * (end - at):
            for index in range(at, end):
                self._number[index] = _REPEATED if self._is_copy[index] else _DAMAGED
            return end
        ahead = self._count_ahead(at)
        if min(ahead, end - at) >= _MIN_FRAMES:
            self._start_again(self._session + 1)
        elif ahead <= end - at:
            self._drop_last(ahead)
        else:
            return end
        return at

    def _end_of_block(self, at: int) -> int:
        """First frame after ``at`` that has caught up, or at which the tags go back once more."""
        latest_of: dict[int, int] = {}
        latest_ms, end = -1, at
        while end < len(self._tags) and self._tags[end] <= self._latest_ms:
            tag, frame_id = self._tags[end], self._ids[end]
            if _is_back(tag, latest_of.get(frame_id, -1), latest_ms):
                break
            latest_of[frame_id] = tag
            latest_ms = max(latest_ms, tag)
            end += 1
        return end

    def _count_ahead(self, at: int) -> int:
        """Last frames of the power cycle without which a frame would not go back: one to ten."""
        own_ms = self._latest_of.get(self._ids[at], -1)
        last = self._kept[: -_MIN_FRAMES - 1 : -1]
        for count, kept in enumerate(last, start=1):
            if self._ids[kept.frame] == self._ids[at]:
                own_ms = kept.own_before_ms
            if not _is_back(self._tags[at], own_ms, kept.all_before_ms):
                return count
        return len(last)

    def _drop_last(self, count: int) -> None:
        for _ in range(count):
            kept = self._kept.pop()
            self._number[kept.frame] = _DAMAGED
            self._latest_of[self._ids[kept.frame]] = kept.own_before_ms
            self._latest_ms = kept.all_before_ms

    def _drop_last_ahead(self) -> None:
        """The last frame has no next; it is damaged when it is half a day after the one before."""
        if len(self._kept) > 1:
            before, last = (self._tags[kept.frame] for kept in self._kept[-2:])
            if last - before > MAX_GAP_MS:
                self._drop_last(1)


def _find_copies(raw: bytes, starts: Sequence[int], ends: Sequence[int]) -> list[bool]:
    """True for each frame whose bytes, time tag included, an earlier frame has."""
    seen: set[bytes] = set()
    is_copy: list[bool] = []
    for start, end in zip(starts, ends, strict=True):
        content = raw[start:end]
        is_copy.append(content in seen)
        seen.add(content)
    return is_copy
