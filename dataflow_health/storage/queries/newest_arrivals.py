"""The newest archive of every aircraft, and the newest one with results.

One step of the index on tail and arrival for each aircraft, whatever the number of recordings.
"""

from datetime import datetime

from sqlalchemy import CTE, Engine, func, select

from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch

_recording = tables.recording.c


def by_tail(engine: Engine) -> dict[str, datetime]:
    """Arrival of each aircraft's newest recording, by tail.

    Raises:
        DatabaseError: The database does not answer.
    """
    tails = _tails()
    newest = select(func.max(_recording.arrived_at)).where(_recording.tail == tails.c.tail)
    statement = select(tails.c.tail, newest.scalar_subquery().label("at"))
    return {row.tail: row.at for row in fetch(engine, statement.where(tails.c.tail.is_not(None)))}


def loaded_by_tail(engine: Engine) -> dict[str, datetime | None]:
    """Arrival of each aircraft's newest recording with results; None when none has any.

    Recordings without results that are newer cost a step each.

    Raises:
        DatabaseError: The database does not answer.
    """
    tails, work = _tails(), tables.recording_stage.c
    newest = (
        select(_recording.arrived_at)
        .join(tables.recording_stage, work.recording_id == _recording.id)
        .where(_recording.tail == tails.c.tail, work.stage == "load", work.state == "done")
        .order_by(_recording.arrived_at.desc())
        .limit(1)
    )
    statement = select(tails.c.tail, newest.scalar_subquery().label("at"))
    return {row.tail: row.at for row in fetch(engine, statement.where(tails.c.tail.is_not(None)))}


def _tails() -> CTE:
    """Every aircraft with a recording, and an empty row at the end."""
    tails = select(func.min(_recording.tail).label("tail")).cte("tails", recursive=True)
    following = select(func.min(_recording.tail)).where(_recording.tail > tails.c.tail)
    return tails.union_all(select(following.scalar_subquery()).where(tails.c.tail.is_not(None)))
