"""Recordings that a stage finished with another version than it would have now.

The cost follows the number of code versions and the recordings of outdated ones.
"""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy import Engine, select

from dataflow_health.storage.queries.missing_algorithms import code_versions
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import snapshot

Versions = Mapping[tuple[str, str | None], str]
"""Present code version of a stage, by recorder and layout of a recording."""


class OutdatedRecording(NamedTuple):
    """One recording that a stage would process again.

    Attributes:
        id: SHA-256 of the recording.
        arrival_day: Its arrival day.
        stage: The stage.
    """

    id: str
    arrival_day: date
    stage: str


def find(engine: Engine, stage: str, versions: Versions) -> list[OutdatedRecording]:
    """Recordings that a stage finished with an older version, newest arrival day first.

    A recording whose recorder or layout is not declared any more is left as it is.

    Args:
        engine: Database of the ledger.
        stage: The stage.
        versions: Its present versions.

    Raises:
        DatabaseError: The database does not answer.
    """
    work, recording = tables.recording_stage, tables.recording
    found = code_versions(stage)
    present = set(versions.values())
    with snapshot(engine) as connection:
        known = [row.code_version for row in connection.execute(select(found.c.code_version))]
        older = [each for each in known if each is not None and each not in present]
        if not older:
            return []
        statement = (
            select(
                work.c.recording_id,
                work.c.arrival_day,
                work.c.code_version,
                recording.c.recorder,
                recording.c.layout,
            )
            .join(recording, recording.c.id == work.c.recording_id)
            .where(work.c.stage == stage, work.c.state == "done", work.c.code_version.in_(older))
            .order_by(work.c.arrival_day.desc(), recording.c.tail, work.c.recording_id)
        )
        return [
            OutdatedRecording(row.recording_id, date.fromisoformat(row.arrival_day), stage)
            for row in connection.execute(statement)
            if (row.recorder, row.layout) in versions
        ]
