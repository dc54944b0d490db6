"""Aircraft that the ledger knows."""

from typing import Any

from sqlalchemy import Engine, Select, func, null, select, union

from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch


def read(engine: Engine) -> tuple[str, ...]:
    """Tails of all recordings, also those that only an archive's name says, in order.

    Raises:
        DatabaseError: The database does not answer.
    """
    recording, count = tables.recording, tables.aircraft_count
    every = union(
        select(count.c.tail.label("tail")).where(count.c.number > 0),
        select(recording.c.named_tail.label("tail")).where(recording.c.named_tail.is_not(None)),
        _of_findings(),
    )
    found = fetch(engine, select(every.subquery().c.tail))
    return tuple(sorted(row.tail for row in found if row.tail))


def _of_findings() -> Select[Any]:
    """Tails of all findings ever: one step of the index of their counts for each aircraft."""
    count = tables.finding_count
    later = count.alias()
    found = select(func.min(count.c.tail).label("tail")).cte("found", recursive=True)
    following = select(func.min(later.c.tail)).where(later.c.tail > found.c.tail)
    found = found.union_all(
        select(following.correlate(found).scalar_subquery()).where(found.c.tail.is_not(null()))
    )
    return select(found.c.tail)
