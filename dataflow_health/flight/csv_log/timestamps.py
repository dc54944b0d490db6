"""The seconds of a delimited log's rows."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from dataflow_health.flight.recorder import CsvRecorder

_MAX_DELAY_S = 2
"""Rows may be written this late: two in one second, and none in the next."""

_MAX_GAP_S = 43_200
"""Half a day without a row is a clock that was set."""


def read_timestamps(
    header: Sequence[str], rows: Sequence[Sequence[str]], recorder: CsvRecorder
) -> list[datetime | None]:
    """UTC of every row, None where its clock cells are empty or no time.

    Args:
        header: Names of the columns, the clock's among them.
        rows: Cells; a row may be short.
        recorder: Names of the clock's columns.
    """
    places = {name: column for column, name in enumerate(header)}
    date, time = places[recorder.date], places[recorder.time]
    offset = places.get(recorder.utc_offset or "")

    def instant(row: Sequence[str]) -> datetime | None:
        if max(date, time) >= len(row):
            return None
        zone = row[offset] if offset is not None and offset < len(row) else ""
        return _to_utc(row[date], row[time], zone)

    return [instant(row) for row in rows]


def assign_seconds(
    instants: Sequence[datetime | None], lines: Sequence[int]
) -> tuple[npt.NDArray[np.int32], datetime | None, tuple[str, ...]]:
    """Second of every row, the instant of second 0 by majority, and what is odd about the clock.

    Args:
        instants: UTC of every row, None where unknown: it is then taken as the next second.
        lines: Line of every row, for the notes.
    """
    second = np.zeros(len(instants), np.int32)
    votes: Counter[datetime] = Counter()
    notes: list[str] = []
    base: datetime | None = None
    moved = untold = 0
    for row, at in enumerate(instants):
        due = int(second[row - 1]) + 1 if row else 0
        if at is None:
            untold += 1
            second[row] = due
            continue
        base = base or at - timedelta(seconds=due)
        told = int((at - base).total_seconds())
        if due - told > _MAX_DELAY_S or told - due > _MAX_GAP_S:
            way = "back" if told < due else "forward"
            notes.append(f"line {lines[row]}: the clock goes {way} by {abs(told - due)} s")
            base, told = at - timedelta(seconds=due), due
        moved += told < due
        second[row] = max(told, due)
        votes[base] += 1
    if moved:
        notes.append(
            f"{moved} of {len(lines)} lines moved on by 1 to {_MAX_DELAY_S} s: two told one second"
        )
    if untold:
        notes.append(f"{untold} lines tell no time; taken a second after the line before")
    return second, votes.most_common(1)[0][0] if votes else None, tuple(notes)


def _to_utc(date: str, time: str, zone: str) -> datetime | None:
    """Local date and time less the offset, such as ``-05:00``; no offset is UTC."""
    try:
        local = datetime.fromisoformat(f"{date}T{time}{zone}")
    except ValueError:
        return None
    return local.replace(tzinfo=UTC) if local.tzinfo is None else local.astimezone(UTC)
