"""Reads the clock columns of a CSV log and gives each row its second."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from dataflow_health.flight.recorder import CsvRecorder
from dataflow_health.flight.recording import CLOCK_JUMP

_MAX_DELAY_S = 2
"""Rows may be written this late: two in one second, and none in the next."""

_MAX_GAP_S = 43_200
"""After half a day without a row the clock counts as set."""


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
    date, time = column_of[recorder.date], column_of[recorder.time]
    offset = column_of.get(recorder.utc_offset) if recorder.utc_offset else None

    def timestamp(row: Sequence[str]) -> datetime | None:
        if max(date, time) >= len(row):
            return None
        zone = row[offset] if offset is not None and offset < len(row) else ""
        return _to_utc(row[date], row[time], zone)

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
        if due - passed > _MAX_DELAY_S or passed - due > _MAX_GAP_S:
            direction = "back" if passed < due else "forward"
            notes.append(f"line {lines[row]}: {CLOCK_JUMP} {direction} by {abs(passed - due)} s")
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


def _to_utc(date: str, time: str, zone: str) -> datetime | None:
    """UTC of a local date and time with an offset such as ``-05:00``; no offset means UTC."""
    try:
        local = datetime.fromisoformat(f"{date}T{time}{zone}")
    except ValueError:
        return None
    return local.replace(tzinfo=UTC) if local.tzinfo is None else local.astimezone(UTC)
