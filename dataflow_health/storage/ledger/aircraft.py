"""Archives and recordings of one aircraft at a stage, and the aircraft in an archive's name."""

import re

from sqlalchemy import Engine, or_, select

from dataflow_health.storage.ledger.stage_order import ARCHIVE_STAGES
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch


def ids(engine: Engine, stage: str, day: str, tail: str) -> tuple[str, ...]:
    """Ids of an aircraft's recordings at a stage; at the first two stages, of its archives.

    An archive belongs to an aircraft when its name contains the tail or when one of its recordings
    does. An archive that is not opened yet and has another name is left out.

    Raises:
        DatabaseError: The database does not answer.
    """
    recording = tables.recording
    if stage in ARCHIVE_STAGES:
        work, subject = tables.archive_stage, tables.archive.c.id
        with_recordings = select(recording.c.archive_id).where(recording.c.tail == tail)
        by_name = tables.archive.c.name.contains(tail, autoescape=True)
        statement = select(subject).join(work, work.c.archive_id == subject)
        statement = statement.where(or_(by_name, subject.in_(with_recordings)))
    else:
        work, subject = tables.recording_stage, recording.c.id
        statement = select(subject).join(work, work.c.recording_id == subject)
        statement = statement.where(recording.c.tail == tail)
    chosen = statement.where(work.c.stage == stage, work.c.arrival_day == day)
    return tuple(row.id for row in fetch(engine, chosen.order_by(subject)))


def is_named_for(archive: str, tail: str) -> bool:
    """Whether an archive's name contains a tail, between other characters than its own.

    HB-ZAA_1.zip is named for HB-ZAA, and not for HB-ZA.
    """
    pattern = rf"(?<![A-Za-z0-9]){re.escape(tail)}(?![A-Za-z0-9])"
    return bool(tail) and re.search(pattern, archive) is not None
