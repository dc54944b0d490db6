"""Arrival days in the ledger."""

from sqlalchemy import Engine, select

from dataflow_health.storage.ledger import day_counts
from dataflow_health.storage.ledger.states import UNFINISHED, is_unfinished
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch


def unfinished(engine: Engine, max_attempts: int | None = None) -> list[str]:
    """Arrival days with something waiting, or left running by a run that died, oldest first.

    Args:
        engine: Database of the ledger.
        max_attempts: Ignore what was tried this often: an operator has to look at it.

    Raises:
        DatabaseError: The database does not answer.
    """
    found: set[str] = set()
    for table in (tables.archive_stage, tables.recording_stage):
        statement = select(table.c.arrival_day).distinct().where(is_unfinished(table))
        if max_attempts is not None:
            statement = statement.where(table.c.attempts < max_attempts)
        found |= {row.arrival_day for row in fetch(engine, statement)}
    return sorted(found)


def with_results(engine: Engine) -> list[str]:
    """Arrival days of recordings whose results are in SQL, oldest first.

    Raises:
        DatabaseError: The database does not answer.
    """
    work = tables.recording_stage
    statement = select(work.c.arrival_day).distinct()
    loaded = statement.where(work.c.stage == "load", work.c.state == "done")
    return sorted(row.arrival_day for row in fetch(engine, loaded))


def needing_attention(engine: Engine) -> list[str]:
    """Arrival days with unfinished work, or with items in quarantine, oldest first.

    Raises:
        DatabaseError: The database does not answer.
    """
    states = {*UNFINISHED, "quarantined"}
    return sorted({day for _, day in day_counts.places(engine, states)})
