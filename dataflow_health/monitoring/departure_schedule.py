"""Planned departures of the aircraft, read from a CSV file or URL."""

import csv
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dataflow_health.errors import SourceUnreachable

COLUMNS = ("tail", "departs_at")


def read(url: str) -> tuple[tuple[str, datetime], ...]:
    """Tail and time of every planned departure.

    Args:
        url: Path or URL of the CSV file, as fsspec reads it.

    Raises:
        SourceUnreachable: The file cannot be read, or has wrong columns or times.
    """
    import fsspec

    try:
        with fsspec.open(url, "rt", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, ValueError, ImportError) as error:
        raise SourceUnreachable(f"the schedule cannot be read: {error}") from error
    if rows and not set(COLUMNS) <= set(rows[0]):
        found = ", ".join(str(name) for name in rows[0])
        raise SourceUnreachable(f"the schedule has columns {found}; it needs {', '.join(COLUMNS)}")
    return tuple(_departure(number, row) for number, row in enumerate(rows, 2))


def next_departures(
    departures: tuple[tuple[str, datetime], ...], now: datetime
) -> dict[str, datetime]:
    """Time of the next departure of each aircraft, by tail."""
    coming: dict[str, datetime] = {}
    for tail, at in departures:
        if at >= now:
            coming[tail] = min(at, coming.get(tail, at))
    return coming


def _departure(number: int, row: Mapping[str, Any]) -> tuple[str, datetime]:
    try:
        at = datetime.fromisoformat(str(row["departs_at"]).strip())
    except ValueError as error:
        raise SourceUnreachable(
            f"line {number} of the schedule: {row['departs_at']!r} is not a time; "
            "write it as 2026-11-20T06:30Z"
        ) from error
    return str(row["tail"]).strip(), at if at.tzinfo else at.replace(tzinfo=UTC)
