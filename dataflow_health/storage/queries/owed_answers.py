"""Declared algorithms x analysed recordings, less the answers that there are.

The cost follows what is owed: only the recordings of code versions that lack an algorithm are
counted.
"""

from datetime import date, datetime

from sqlalchemy import Connection, Engine, func, select

from dataflow_health.health.owed_answers import OwedAnswers, OwedDay
from dataflow_health.storage.queries import missing_algorithms, owed_recordings
from dataflow_health.storage.queries.missing_algorithms import FINISHED, MissingAlgorithms
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import snapshot

NEWEST = 20
"""Recordings that are read as examples."""

_stage = tables.recording_stage


def read(engine: Engine) -> OwedAnswers:
    """All answers that are owed, newest arrival day first.

    A recording that waits for analyse, or is in its run, owes nothing yet.

    Raises:
        DatabaseError: The database does not answer.
    """
    with snapshot(engine) as connection:
        missing = missing_algorithms.read(connection)
        if not missing.by_code_version:
            return OwedAnswers()
        return OwedAnswers(
            tuple(_owed_days(connection, missing)),
            tuple(owed_recordings.read(connection, missing, limit=NEWEST)),
        )


def _owed_days(connection: Connection, missing: MissingAlgorithms) -> list[OwedDay]:
    """Debts by algorithm and arrival day of the code versions that lack an algorithm."""
    counted = (
        select(
            _stage.c.code_version,
            _stage.c.arrival_day,
            func.count(),
            func.min(_stage.c.finished_at),
        )
        .where(*FINISHED, _stage.c.code_version.in_(missing.by_code_version))
        .group_by(_stage.c.code_version, _stage.c.arrival_day)
    )
    sums: dict[tuple[str, str], tuple[int, datetime]] = {}
    for code_version, day, count, finished_at in connection.execute(counted):
        for name in missing.by_code_version[code_version]:
            since_at = max(finished_at, missing.declared[name][1])
            before, earliest_at = sums.get((name, day), (0, since_at))
            sums[name, day] = before + count, min(earliest_at, since_at)
    return [
        OwedDay(name, missing.declared[name][0], date.fromisoformat(day), count, since_at)
        for (name, day), (count, since_at) in sorted(
            sums.items(), key=lambda each: (each[0][1], each[0][0]), reverse=True
        )
    ]
