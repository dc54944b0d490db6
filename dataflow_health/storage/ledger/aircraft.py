"""What of a stage's day belongs to one aircraft."""

from sqlalchemy import Engine, or_, select

from dataflow_health.storage.ledger.ledger import rows
from dataflow_health.storage.ledger.stage_order import ARCHIVE_STAGES
from dataflow_health.storage.sql import tables


def ids(engine: Engine, stage: str, day: str, tail: str) -> tuple[str, ...]:
    """Recordings of an aircraft at a stage; at the first two stages, archives that are its.

    An archive is an aircraft's when its name says so, or when a recording of it came out. Whose an
    unopened archive with any other name is, nobody knows: it is left out.

    Raises:
        DatabaseError: The ledger does not answer.
    """
    recording = tables.recording
    if stage in ARCHIVE_STAGES:
        work, thing = tables.archive_stage, tables.archive.c.id
        held = select(recording.c.archive_id).where(recording.c.tail == tail)
        named = tables.archive.c.name.contains(tail, autoescape=True)
        statement = select(thing).join(work, work.c.archive_id == thing)
        statement = statement.where(or_(named, thing.in_(held)))
    else:
        work, thing = tables.recording_stage, recording.c.id
        statement = select(thing).join(work, work.c.recording_id == thing)
        statement = statement.where(recording.c.tail == tail)
    chosen = statement.where(work.c.stage == stage, work.c.arrival_day == day)
    return tuple(row["id"] for row in rows(engine, chosen.order_by(thing)))
