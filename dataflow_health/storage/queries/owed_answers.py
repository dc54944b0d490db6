"""Declared algorithms x analysed recordings, less the answers that there are.

The cost follows what is owed: only the recordings of code versions that lack an algorithm are
counted.
"""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Engine

from dataflow_health.health.owed_answers import OwedAnswers, OwedDay, OwedRecording
from dataflow_health.storage.queries import finished_versions, missing_algorithms
from dataflow_health.storage.queries.finished_versions import FinishedRecording, VersionDay
from dataflow_health.storage.queries.missing_algorithms import ANALYSE, Declared, MissingAlgorithms
from dataflow_health.storage.sql.database import snapshot

NEWEST = 20
"""Recordings that are read as examples."""


def read(engine: Engine, declared: Declared | None = None) -> OwedAnswers:
    """All answers that are owed, newest arrival day first.

    A recording that waits for analyse, or is in its run, owes nothing yet.

    Args:
        engine: Database of the ledger.
        declared: What is declared; None for what the ledger has.

    Raises:
        DatabaseError: The database does not answer.
    """
    with snapshot(engine) as connection:
        missing = missing_algorithms.read(connection, declared)
        if not missing.by_code_version:
            return OwedAnswers()
        counted = finished_versions.count(connection, ANALYSE, missing.by_code_version)
        newest = finished_versions.newest(connection, ANALYSE, counted, NEWEST)
        return OwedAnswers(
            tuple(_owed_days(missing, counted)),
            tuple(_owed_recording(missing, each) for each in newest),
        )


def _owed_recording(missing: MissingAlgorithms, each: FinishedRecording) -> OwedRecording:
    names = sorted(missing.by_code_version[each.code_version])
    return OwedRecording(each.id, each.tail, each.arrival_day, tuple(names))


def _owed_days(missing: MissingAlgorithms, counted: Sequence[VersionDay]) -> list[OwedDay]:
    """Debts by algorithm and arrival day of the code versions that lack an algorithm."""
    sums: dict[tuple[str, date], tuple[int, datetime]] = {}
    for code_version, day, count, finished_at in counted:
        for name in missing.by_code_version[code_version]:
            since_at = max(finished_at, missing.declared[name][1])
            before, earliest_at = sums.get((name, day), (0, since_at))
            sums[name, day] = before + count, min(earliest_at, since_at)
    return [
        OwedDay(name, missing.declared[name][0], day, count, since_at)
        for (name, day), (count, since_at) in sorted(
            sums.items(), key=lambda each: (each[0][1], each[0][0]), reverse=True
        )
    ]
