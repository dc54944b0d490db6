"""Reads the clock columns of a CSV log and gives each row its second."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from dataflow_health.flight.recorder import CsvRecorder
from dataflow_health.flight.recording import CLOCK_JUMP

_MAX_DELAY_S = 2
"""Rows may be written this late: two in one second, and none in the next."""

MAX_GAP_S = 43_200
"""After half a day without a row the clock counts as set."""

_LONGEST_S = 2_000_000_000
"""Seconds that fit into int32; a clock that says more is wrong."""

_FIRST_YEAR = 1900
"""Earlier years are no clock's default."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS_PER_SECOND = {"unix_s": 1, "unix_ms": 1000, "elapsed_s": 1}
"""Formats of time that are a number."""


def read_timestamps(
    header: Sequence[str], rows: Sequence[Sequence[str]], recorder: CsvRecorder
) -> list[datetime | None]:
    """UTC time of every row, None where its clock cells are empty or invalid.

    Args:
        header: Names of the columns, the clock's among them.
        rows: Cells of each row; a row may be short.
        recorder: Names of the clock's columns.
    """
    column_of = {name: column for column, name in enumerate(header)}
    names = (recorder.date, recorder.time, recorder.utc_offset)
    date, time, offset = (column_of.get(name) if name else None for name in names)
    local_zone = UTC if recorder.time_zone == "UTC" else ZoneInfo(recorder.time_zone)

    def timestamp(row: Sequence[str]) -> datetime | None:
        day, clock, zone = (
            row[column] if column is not None and column < len(row) else ""
            for column in (date, time, offset)
        )
        if not clock or (date is not None and not day):
            return None
        return _to_utc(f"{day} {clock}".strip(), zone, recorder.time_format, local_zone)

    return [timestamp(row) for row in rows]


def assign_seconds(
    timestamps: Sequence[datetime | None], lines: Sequence[int]
) -> tuple[npt.NDArray[np.int32], datetime | None, tuple[str, ...]]:
    """Second of every row, UTC time of second 0 by majority, and notes on the clock.

    Args:
        timestamps: UTC time of every row; a row without one gets the next second.
        lines: Line number of every row, for the notes.
    """
    second = np.zeros(len(timestamps), np.int32)
    votes: Counter[datetime] = Counter()
    notes: list[str] = []
    start: datetime | None = None
    moved = unknown = 0
    for row, timestamp in enumerate(timestamps):
        due = int(second[row - 1]) + 1 if row else 0
        if timestamp is None:
            unknown += 1
            second[row] = due
            continue
        start = start or timestamp - timedelta(seconds=due)
        passed = int((timestamp - start).total_seconds())
        if due - passed > _MAX_DELAY_S or passed - due > MAX_GAP_S or passed > _LONGEST_S:
            notes.append(jump_note(lines[row], passed - due))
            start, passed = timestamp - timedelta(seconds=due), due
        moved += passed < due
        second[row] = max(passed, due)
        votes[start] += 1
    if moved:
        notes.append(
            f"{moved} of {len(lines)} lines are moved on by 1 to {_MAX_DELAY_S} s, "
            "as another line has the same second"
        )
    if unknown:
        notes.append(f"{unknown} lines have no valid time; each gets the next second")
    return second, votes.most_common(1)[0][0] if votes else None, tuple(notes)


def jump_note(line: int, jumped_s: int) -> str:
    """The note on a line at which the clock was set; negative seconds are back."""
    direction = "back" if jumped_s < 0 else "forward"
    return f"line {line}: {CLOCK_JUMP} {direction} by {abs(jumped_s)} s"


def _to_utc(text: str, zone: str, time_format: str, local_zone: tzinfo) -> datetime | None:
    """UTC of a date and time; None when they are invalid.

    Args:
        text: Date and time, or seconds.
        zone: Offset from UTC such as ``-05:00``; empty when no column has it.
        time_format: See :class:`~dataflow_health.flight.recorder.CsvRecorder`.
        local_zone: Time zone when there is no offset.
    """
    try:
        at = _read_time(text, zone, time_format, local_zone)
    except (ValueError, OverflowError):
        return None
    return at if at.year >= _FIRST_YEAR else None


def _read_time(text: str, zone: str, time_format: str, local_zone: tzinfo) -> datetime:
    if time_format in _UNITS_PER_SECOND:
        seconds = float(text.replace(",", ".")) / _UNITS_PER_SECOND[time_format]
        return _EPOCH + timedelta(seconds=max(seconds, -_LONGEST_S))
    if time_format == "iso":
        local = datetime.fromisoformat(f"{text}{zone}")
    else:
        format_with_zone = f"{time_format} %z" if zone else time_format
        local = datetime.strptime(f"{text} {zone}".strip(), format_with_zone)  # noqa: DTZ007
    return (local if local.tzinfo else local.replace(tzinfo=local_zone)).astimezone(UTC)
