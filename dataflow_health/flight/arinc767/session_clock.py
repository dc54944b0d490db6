"""Times of the frames of all power cycles after the first second of an ARINC 767 recording.

A documentary frame gives the UTC time of a recorder's start, to the minute.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from dataflow_health.flight.arinc767.frames import HEADER_BYTES, TRAILER_BYTES, Frames
from dataflow_health.flight.arinc767.sessions import MAX_GAP_MS, Integers
from dataflow_health.flight.recording import CLOCK_JUMP

_DATE_AT, _DATE_BYTES = HEADER_BYTES + 112, 16
"""Place of ``YYYY/MM/DD-HH:MM`` in the documentary frame."""

_MILLISECOND = timedelta(milliseconds=1)


class SessionClock(NamedTuple):
    """Times of all frames.

    Attributes:
        after_ms: Time of each frame after second 0.
        started_at: UTC time of second 0; None when it is unknown.
        notes: The source of the start, and each power cycle after the first.
        paused_s: Whole seconds between power cycles in which the recorder was off.
    """

    after_ms: Integers
    started_at: datetime | None
    notes: tuple[str, ...]
    paused_s: int


def read_session_clock(
    raw: bytes, frames: Frames, session: Integers, documentary: Frames
) -> SessionClock:
    """Times of frames of one or several power cycles, which follow one another.

    Args:
        raw: The whole file.
        frames: Frames with parameters, at least one.
        session: Power cycle of each frame, from 0.
        documentary: All documentary frames.
    """
    after_ms = frames.tag_ms.copy()
    starts = _read_starts(raw, frames, session, documentary)
    first_ms = int(frames.tag_ms[session == 0].min()) // 1000 * 1000
    after_ms[session == 0] -= first_ms
    restarts = []
    paused_s = 0
    for number in range(1, int(session.max()) + 1):
        is_own = session == number
        latest_ms = int(after_ms[session == number - 1].max())
        tag_ms = int(frames.tag_ms[is_own].min())
        dated_ms = _time_by_documentary(starts[0], starts[number], tag_ms - first_ms)
        is_dated = dated_ms is not None and 0 < dated_ms - latest_ms <= MAX_GAP_MS
        begin_ms = dated_ms if is_dated and dated_ms is not None else _follow(latest_ms, tag_ms)
        after_ms[is_own] += begin_ms - tag_ms
        paused_s += max(begin_ms // 1000 - latest_ms // 1000 - 1, 0)
        at = int(frames.offset[is_own][0])
        restarts.append(_restart_note(at, begin_ms - latest_ms, is_dated=is_dated))
    started_at, note = _first_start(starts[0], first_ms)
    return SessionClock(after_ms, started_at, (*restarts, note), paused_s)


def _time_by_documentary(first: datetime | None, own: datetime | None, after_ms: int) -> int | None:
    """Time of a power cycle's first frame by the documentary frames; None without them."""
    return (own - first) // _MILLISECOND + after_ms if own and first else None


def _follow(latest_ms: int, tag_ms: int) -> int:
    """Time of a frame in the second after the latest, at the place in it that its tag has."""
    return latest_ms // 1000 * 1000 + 1000 + tag_ms % 1000


def _restart_note(at: int, pause_ms: int, *, is_dated: bool) -> str:
    started = f"byte {at}: the recorder was started again"
    if is_dated:
        return f"{started}, {pause_ms // 1000} s after the frame before"
    return (
        f"{started} and {CLOCK_JUMP}; its frames follow without a pause, "
        "as no documentary frame has a later time within 12 h"
    )


def _read_starts(
    raw: bytes, frames: Frames, session: Integers, documentary: Frames
) -> list[datetime | None]:
    """UTC time of the recorder's start by power cycle: by the last date before its end."""
    starts: list[datetime | None] = []
    begin = 0
    for number in range(int(session.max()) + 1):
        end = int(frames.offset[session == number][-1])
        is_own = (documentary.offset >= begin) & (documentary.offset < end)
        starts.append(_read_date(raw, documentary.select(is_own)))
        begin = end
    return starts


def _read_date(raw: bytes, documentary: Frames) -> datetime | None:
    """The last date; earlier ones are those of starts too short for a power cycle."""
    places = zip(documentary.offset.tolist(), documentary.length.tolist(), strict=True)
    for at, length in reversed(list(places)):
        end = min(at + _DATE_AT + _DATE_BYTES, at + length - TRAILER_BYTES)
        text = raw[at + _DATE_AT : end].decode("latin-1").strip()
        try:
            return datetime.strptime(text, "%Y/%m/%d-%H:%M").replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def _first_start(start: datetime | None, first_ms: int) -> tuple[datetime | None, str]:
    """UTC time of second 0, and a note on it."""
    try:
        started_at = start + first_ms * _MILLISECOND if start else None
    except OverflowError:
        started_at = None
    if started_at is None:
        return None, "start time unknown: there is no documentary frame with a date"
    return started_at, "start time by the documentary frame, which gives it to the minute"
