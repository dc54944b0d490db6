"""Single recordings without an answer of a declared algorithm, newest arrival day first."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, Engine, select

from dataflow_health.health.owed_answers import OwedRecording
from dataflow_health.storage.queries import finished_versions, missing_algorithms
from dataflow_health.storage.queries.missing_algorithms import FINISHED, Declared, MissingAlgorithms
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import snapshot
from dataflow_health.storage.sql.statements import chunks, fetch

_FINISHED = ("done", "written_off")
"""States at analyse in which a recording has its answers, or gets none by an operator's choice."""


def find(
    engine: Engine,
    *,
    algorithm: str = "",
    day: str = "",
    limit: int | None = None,
    offset: int = 0,
    declared: Declared | None = None,
) -> list[OwedRecording]:
    """Recordings that are owed an answer.

    Args:
        engine: Database of the ledger.
        algorithm: Only those without an answer of this algorithm; empty for all.
        day: Only this arrival day; empty for all.
        limit: Largest number of recordings; None for all.
        offset: Number of recordings to skip.
        declared: What is declared; None for what the ledger has.

    Raises:
        DatabaseError: The database does not answer.
    """
    with snapshot(engine) as connection:
        missing = missing_algorithms.read(connection, declared)
        chosen = missing.only(algorithm) if algorithm else missing
        return read(connection, chosen, day=day, limit=limit, offset=offset)


def count_by_day(engine: Engine) -> dict[date, int]:
    """Number of recordings that are owed an answer, by arrival day.

    Raises:
        DatabaseError: The database does not answer.
    """
    with snapshot(engine) as connection:
        missing = missing_algorithms.read(connection).by_code_version
        counted = finished_versions.count(connection, missing_algorithms.ANALYSE, missing)
    counts: Counter[date] = Counter()
    for each in counted:
        counts[each.arrival_day] += each.recordings
    return counts


def read(
    connection: Connection,
    missing: MissingAlgorithms,
    *,
    day: str = "",
    limit: int | None = None,
    offset: int = 0,
) -> list[OwedRecording]:
    """As :func:`find`, of algorithms that are known to be missing."""
    if not missing.by_code_version:  # SQLite would look for none of them in the whole history
        return []
    stage, recording = tables.recording_stage, tables.recording
    statement = (
        select(stage.c.recording_id, recording.c.tail, stage.c.arrival_day, stage.c.code_version)
        .join(recording, recording.c.id == stage.c.recording_id)
        .where(*FINISHED, stage.c.code_version.in_(missing.by_code_version))
        .order_by(stage.c.arrival_day.desc(), recording.c.tail, stage.c.recording_id)
        .limit(limit)
        .offset(offset)
    )
    if day:
        statement = statement.where(stage.c.arrival_day == day)
    return [
        OwedRecording(
            row.recording_id,
            row.tail,
            date.fromisoformat(row.arrival_day),
            tuple(sorted(missing.by_code_version[row.code_version])),
        )
        for row in connection.execute(statement)
    ]


def unanswered(engine: Engine, owed: Sequence[OwedRecording]) -> dict[str, int]:
    """Answers that are still missing after a run, by recording.

    A recording that was refused meanwhile, or waits, has none of its answers, although it owes
    none. One that an operator wrote off needs none.

    Args:
        engine: Database of the ledger.
        owed: Recordings that were owed answers before the run.

    Raises:
        DatabaseError: The database does not answer.
    """
    still = {each.id: set(each.algorithms) for each in find(engine)}
    finished = _finished_ids(engine, [each.id for each in owed])
    counts = {
        each.id: len(still.get(each.id, set()).intersection(each.algorithms))
        if each.id in finished
        else len(each.algorithms)
        for each in owed
    }
    return {id_: count for id_, count in counts.items() if count}


def _finished_ids(engine: Engine, ids: Sequence[str]) -> set[str]:
    stage = tables.recording_stage
    finished = select(stage.c.recording_id).where(
        stage.c.stage == missing_algorithms.ANALYSE, stage.c.state.in_(_FINISHED)
    )
    return {
        row.recording_id
        for chunk in chunks(ids)
        for row in fetch(engine, finished.where(stage.c.recording_id.in_(chunk)))
    }
