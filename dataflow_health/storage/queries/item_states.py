"""Present states of single archives and recordings at a stage."""

from collections.abc import Collection

from sqlalchemy import Engine, select

from dataflow_health.health.settled_evidence import ItemKey, ItemState
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import chunks, fetch


def read(engine: Engine, keys: Collection[ItemKey]) -> dict[ItemKey, ItemState]:
    """States by stage and id; items that are not at the stage are missing.

    Args:
        engine: Database of the ledger.
        keys: Stages and ids of archives or recordings.

    Raises:
        DatabaseError: The database does not answer.
    """
    found: dict[ItemKey, ItemState] = {}
    for table, column in (
        (tables.archive_stage, tables.archive_stage.c.archive_id),
        (tables.recording_stage, tables.recording_stage.c.recording_id),
    ):
        for chunk in chunks(sorted({id_ for _, id_ in keys})):
            statement = select(
                table.c.stage, column, table.c.state, table.c.finished_at, table.c.attempts
            ).where(column.in_(chunk))
            for stage, id_, state, finished_at, attempts in fetch(engine, statement):
                if (stage, id_) in keys:
                    found[stage, id_] = ItemState(state, finished_at, attempts)
    return found
