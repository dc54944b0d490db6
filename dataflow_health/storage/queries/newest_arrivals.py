"""The newest archive of every aircraft."""

from datetime import datetime

from sqlalchemy import Engine, func, select

from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch


def by_tail(engine: Engine) -> dict[str, datetime]:
    """Arrival of each aircraft's newest recording, by tail.

    One step of the index on tail and arrival for each aircraft, whatever the number of recordings.
    """
    recording = tables.recording.c
    tails = select(func.min(recording.tail).label("tail")).cte("tails", recursive=True)
    following = select(func.min(recording.tail)).where(recording.tail > tails.c.tail)
    tails = tails.union_all(select(following.scalar_subquery()).where(tails.c.tail.is_not(None)))
    newest = select(func.max(recording.arrived_at)).where(recording.tail == tails.c.tail)
    statement = select(tails.c.tail, newest.scalar_subquery().label("at"))
    return {row.tail: row.at for row in fetch(engine, statement.where(tails.c.tail.is_not(None)))}
