"""Time in the air of recordings, as the stage store measured it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Engine, select

from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import chunks, fetch


class FlownTime(NamedTuple):
    """Time in the air of a recording.

    Attributes:
        started_at: Start of the recording, UTC; None when it is unknown.
        flown_s: Seconds in the air.
    """

    started_at: datetime | None
    flown_s: float


def read(engine: Engine, recording_ids: Sequence[str]) -> Mapping[str, FlownTime]:
    """Time in the air by recording; those that store did not measure are left out.

    Args:
        engine: Database of the ledger.
        recording_ids: The recordings.

    Raises:
        DatabaseError: The database does not answer.
    """
    work = tables.recording_stage.c
    found: dict[str, FlownTime] = {}
    for chunk in chunks(recording_ids):
        statement = select(work.recording_id, work.measurements["flight"].label("flight"))
        statement = statement.where(work.stage == "store", work.recording_id.in_(chunk))
        for row in fetch(engine, statement):
            if row.flight:
                at = row.flight["started_at"]
                started_at = datetime.fromisoformat(at) if at else None
                found[row.recording_id] = FlownTime(started_at, row.flight["flown_s"])
    return found
