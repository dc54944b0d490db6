"""Declared algorithms x analysed recordings, less the answers that there are.

The cost follows what is owed and the number of code versions, not the number of recordings: all
recordings that analyse finished with one code version have answers of the same algorithms. One
recording of each code version shows which; only the recordings of those that lack one are counted.
"""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import CTE, Connection, Engine, func, select

from dataflow_health.health.owed_answers import OwedAnswers, OwedDay
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import snapshot

ANALYSE = "analyse"

Declared = Mapping[str, tuple[str, datetime]]
"""Version of every declared algorithm, and when it was declared."""

_stage = tables.recording_stage
_FINISHED = (_stage.c.stage == ANALYSE, _stage.c.state == "done")


def read(engine: Engine) -> OwedAnswers:
    """All answers that are owed, newest arrival day first.

    A recording that waits for analyse, or is in its run, owes nothing yet.

    Raises:
        DatabaseError: The database does not answer.
    """
    with snapshot(engine) as connection:
        declared = _declared(connection)
        missing = {
            code_version: names
            for code_version, answered in _answered(connection).items()
            if (names := [n for n, (version, _) in declared.items() if answered.get(n) != version])
        }
        return OwedAnswers(tuple(_owed_days(connection, declared, missing)) if missing else ())


def _declared(connection: Connection) -> Declared:
    rows = connection.execute(select(tables.declared_algorithm))
    return {row.name: (row.version, row.declared_at) for row in rows}


def _answered(connection: Connection) -> Mapping[str, Mapping[str, str]]:
    """Versions of the algorithms that answered, by the code version of the analysis."""
    versions = _code_versions()
    any_of_it = _stage.alias("any_of_it")
    example = (
        select(any_of_it.c.recording_id)
        .where(any_of_it.c.stage == ANALYSE, any_of_it.c.state == "done")
        .where(any_of_it.c.code_version == versions.c.code_version)
        .limit(1)
        .scalar_subquery()
    )
    statement = (
        select(versions.c.code_version, _stage.c.measurements)
        .select_from(versions)
        .join(_stage, (_stage.c.recording_id == example) & (_stage.c.stage == ANALYSE))
    )
    rows = connection.execute(statement)
    return {code_version: found.get("versions", {}) for code_version, found in rows}


def _code_versions() -> CTE:
    """Every code version that finished a recording: one step in the index for each."""
    ordered = select(_stage.c.code_version).where(*_FINISHED).order_by(_stage.c.code_version)
    first = ordered.limit(1).scalar_subquery()
    found = select(first.label("code_version")).cte("code_versions", recursive=True)
    following = (
        ordered.where(_stage.c.code_version > found.c.code_version).limit(1).scalar_subquery()
    )
    return found.union_all(select(following).where(found.c.code_version.is_not(None)))


def _owed_days(
    connection: Connection, declared: Declared, missing: Mapping[str, list[str]]
) -> list[OwedDay]:
    """Debts by algorithm and arrival day of the code versions that lack an algorithm."""
    counted = (
        select(
            _stage.c.code_version,
            _stage.c.arrival_day,
            func.count(),
            func.min(_stage.c.finished_at),
        )
        .where(*_FINISHED, _stage.c.code_version.in_(missing))
        .group_by(_stage.c.code_version, _stage.c.arrival_day)
    )
    sums: dict[tuple[str, str], tuple[int, datetime]] = {}
    for code_version, day, count, finished_at in connection.execute(counted):
        for name in missing[code_version]:
            since_at = max(finished_at, declared[name][1])
            before, earliest_at = sums.get((name, day), (0, since_at))
            sums[name, day] = before + count, min(earliest_at, since_at)
    return [
        OwedDay(name, declared[name][0], date.fromisoformat(day), count, since_at)
        for (name, day), (count, since_at) in sorted(
            sums.items(), key=lambda each: (each[0][1], each[0][0]), reverse=True
        )
    ]
