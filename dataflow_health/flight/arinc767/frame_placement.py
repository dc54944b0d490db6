"""Gives each frame of an ARINC 767 recording its place in time, or leaves it out with a reason."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dataflow_health.flight.arinc767.frame_samples import FrameGroup, group_frames
from dataflow_health.flight.arinc767.frames import Frames, has_usual_length
from dataflow_health.flight.arinc767.session_clock import SessionClock, read_session_clock
from dataflow_health.flight.arinc767.sessions import FrameSessions, find_sessions
from dataflow_health.flight.recording import REPEATED_DATA


class FramePlacement(NamedTuple):
    """The frames of a recording in time.

    Attributes:
        frames: Frames that have a place, or whose place is taken by others of their id.
        groups: The same by id.
        clock: Times of ``frames``.
        left_out: Number of frames that are left out, by reason; repeated ones are not lost.
        first_left_out: Byte of the first frame of those, the file's end without one.
        notes: Notes on all frames that do not stand at their own time.
    """

    frames: Frames
    groups: Mapping[int, FrameGroup]
    clock: SessionClock
    left_out: Mapping[str, int]
    first_left_out: int
    notes: tuple[str, ...]

    @property
    def second(self) -> npt.NDArray[np.int64]:
        """Seconds that have a frame, ascending."""
        return np.unique(np.concatenate([group.second for group in self.groups.values()]))


def place_frames(raw: bytes, found: Frames, documentary: Frames) -> FramePlacement:
    """The place of each frame.

    Args:
        raw: The whole file.
        found: Frames with parameters, at least one, in the file's order.
        documentary: Documentary frames.
    """
    is_usual = has_usual_length(found)
    usual = found.select(is_usual)
    sessions = find_sessions(raw, usual)
    is_kept = sessions.number >= 0
    frames = usual.select(is_kept)
    clock = read_session_clock(raw, frames, sessions.number[is_kept], documentary)
    groups = _group(raw, frames, clock)
    damaged = usual.select(~is_kept & ~sessions.is_repeated)
    odd = found.select(~is_usual)
    crowded = np.concatenate([group.left_out for group in groups.values()])
    left_out = {
        "have another length than the others of their id": len(odd.offset),
        "have a time tag that does not fit their neighbours": len(damaged.offset),
        "are more than the rate of their id allows": len(crowded),
    }
    return FramePlacement(
        frames=frames,
        groups=groups,
        clock=clock,
        left_out={reason: count for reason, count in left_out.items() if count},
        first_left_out=int(min((*odd.offset, *damaged.offset, *crowded), default=len(raw))),
        notes=tuple(_notes(left_out, sessions, groups)),
    )


def _group(raw: bytes, frames: Frames, clock: SessionClock) -> dict[int, FrameGroup]:
    return {
        int(number): group_frames(
            raw, frames.select(frames.number == number), clock.after_ms[frames.number == number]
        )
        for number in np.unique(frames.number)
    }


def _notes(
    left_out: Mapping[str, int], sessions: FrameSessions, groups: Mapping[int, FrameGroup]
) -> list[str]:
    moved = sum(group.moved for group in groups.values())
    by_count = {
        **{f"{reason} and are left out": count for reason, count in left_out.items()},
        REPEATED_DATA: int(sessions.is_repeated.sum()),
        "were moved by 1 or 2 samples because another frame has the same time": moved,
    }
    return [f"{count} frames {problem}" for problem, count in by_count.items() if count]
