"""Aircraft that the ledger knows."""

from sqlalchemy import Engine, select, union

from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch


def read(engine: Engine) -> tuple[str, ...]:
    """Tails of all recordings, also those that only an archive's name says, in order.

    Raises:
        DatabaseError: The database does not answer.
    """
    recording = tables.recording
    every = union(
        select(recording.c.tail.label("tail")),
        select(recording.c.named_tail.label("tail")).where(recording.c.named_tail.is_not(None)),
        select(tables.finding.c.tail.label("tail")),
    )
    found = fetch(engine, select(every.subquery().c.tail))
    return tuple(sorted(row.tail for row in found if row.tail))
