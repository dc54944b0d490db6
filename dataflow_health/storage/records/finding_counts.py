"""Number of findings by month, algorithm, aircraft and severity, so that trends read few rows."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, Select, delete, func, insert, select

from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.month_of import month_of
from dataflow_health.storage.sql.statements import add_to, chunks

_finding, _count = tables.finding.c, tables.finding_count


class CountKey(NamedTuple):
    """What findings are counted by; the primary key of ``finding_count``."""

    month: str
    algorithm: str
    tail: str
    severity: str


def month(at: datetime | None) -> str:
    """UTC month of a time, as ``2026-11``; empty for none."""
    return f"{at.astimezone(UTC):%Y-%m}" if at else ""


def of_recordings(
    connection: Connection, day: str, recording_ids: Sequence[str]
) -> Counter[CountKey]:
    """Number of saved findings of some recordings.

    Args:
        connection: An open transaction.
        day: Arrival day of the recordings.
        recording_ids: The recordings.
    """
    found: Counter[CountKey] = Counter()
    for chunk in chunks(recording_ids):
        of_day = _counted().where(_finding.arrival_day == day)
        of_chunk = of_day.where(_finding.recording_id.in_(chunk))
        for *key, number in connection.execute(of_chunk):
            found[CountKey(*key)] += number
    return found


def change(connection: Connection, before: Counter[CountKey], after: Iterable[CountKey]) -> None:
    """Adds to the saved counts what findings are more now than before.

    In the order of the keys, so that two transactions never wait for each other.

    Args:
        connection: An open transaction.
        before: Number of findings before.
        after: Key of every finding now.
    """
    changes = Counter(after)
    changes.subtract(before)
    rows = [{**key._asdict(), "number": changes[key]} for key in sorted(changes) if changes[key]]
    add_to(connection, _count, rows)


def of_month(connection: Connection, month: str) -> Counter[CountKey]:
    """Number of findings of a month, counted one by one.

    Args:
        connection: Any connection.
        month: The month, as ``2026-11``; empty for findings without a time.
    """
    chosen = _counted().where(_finding.start_at.is_(None))
    if month:
        start, end = span(month)
        chosen = _counted().where(_finding.start_at >= start, _finding.start_at < end)
    return Counter({CountKey(*key): number for *key, number in connection.execute(chosen)})


def span(month: str) -> tuple[datetime, datetime]:
    """Start of a month and of the next one, UTC."""
    start = datetime.fromisoformat(f"{month}-01T00:00:00+00:00")
    return start, (start + timedelta(days=31)).replace(day=1)


def recount(connection: Connection) -> None:
    """Counts all findings anew; reads the whole table.

    Args:
        connection: An open transaction.
    """
    connection.execute(delete(_count))
    names = [column.name for column in _count.columns]
    connection.execute(insert(_count).from_select(names, _counted()))


def _counted() -> Select[tuple[str, str, str, str, int]]:
    month_column = func.coalesce(month_of(_finding.start_at), "")
    keys = (_finding.algorithm, _finding.tail, _finding.severity)
    return select(month_column, *keys, func.count()).group_by(month_column, *keys)
