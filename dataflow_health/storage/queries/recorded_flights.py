"""What recordings hold of flights, as the stage store measured it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Engine, select

from dataflow_health.health.continuity import RecordedFlight
from dataflow_health.storage.ledger.states import UNFINISHED
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch


def read(
    engine: Engine, since_day: str, tail: str | None = None
) -> Mapping[str, Sequence[RecordedFlight]]:
    """Recorded flights by aircraft; a recording whose start is unknown is left out.

    One that is stored again keeps its place meanwhile.

    Args:
        engine: Database of the ledger.
        since_day: First arrival day that counts.
        tail: Only this aircraft.

    Raises:
        DatabaseError: The database does not answer.
    """
    work, recording = tables.recording_stage, tables.recording
    statement = (
        select(
            recording.c.id,
            recording.c.tail,
            recording.c.recorder,
            work.c.measurements["flight"].label("flight"),
        )
        .join(recording, recording.c.id == work.c.recording_id)
        .where(
            work.c.stage == "store",
            work.c.arrival_day >= since_day,
            work.c.state.in_(("done", *UNFINISHED)),
        )
    )
    if tail is not None:
        statement = statement.where(recording.c.tail == tail)
    found: dict[str, list[RecordedFlight]] = defaultdict(list)
    for row in fetch(engine, statement):
        if row.flight and row.flight["started_at"]:
            started_at = datetime.fromisoformat(row.flight["started_at"])
            found[row.tail].append(
                RecordedFlight(
                    recording_id=row.id,
                    tail=row.tail,
                    segment=row.flight["segment"],
                    recorded_s=row.flight["recorded_s"],
                    flown_s=row.flight["flown_s"],
                    started_at=started_at,
                    ended_at=started_at + timedelta(seconds=row.flight["duration_s"]),
                    recorder=row.recorder,
                    format=row.flight.get("format", ""),
                    software=row.flight.get("software"),
                )
            )
    return found
