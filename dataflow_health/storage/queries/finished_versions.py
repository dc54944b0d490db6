"""Recordings that a stage has finished with, by the code version that finished them."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    ScalarSelect,
    Select,
    func,
    select,
    union_all,
)

from dataflow_health.storage.sql import tables

_work = tables.recording_stage


class VersionDay(NamedTuple):
    """Recordings of one arrival day that one code version finished.

    Attributes:
        code_version: The code version.
        arrival_day: Arrival day of the recordings.
        recordings: Number of recordings.
        finished_at: When the first of them was finished.
    """

    code_version: str
    arrival_day: date
    recordings: int
    finished_at: datetime


class FinishedRecording(NamedTuple):
    """One recording that a stage has finished with.

    Attributes:
        id: SHA-256 of the recording.
        tail: Aircraft.
        arrival_day: Its arrival day.
        code_version: The code version that finished it.
    """

    id: str
    tail: str
    arrival_day: date
    code_version: str


def code_versions(stage: str) -> CTE:
    """Every code version that finished a recording: one step in the index for each."""
    finished = (_work.c.stage == stage, _work.c.state == "done")
    ordered = select(_work.c.code_version).where(*finished).order_by(_work.c.code_version)
    first = ordered.limit(1).scalar_subquery()
    found = select(first.label("code_version")).cte("code_versions", recursive=True)
    following = (
        ordered.where(_work.c.code_version > found.c.code_version).limit(1).scalar_subquery()
    )
    return found.union_all(select(following).where(found.c.code_version.is_not(None)))


def example_of(stage: str, versions: CTE) -> ScalarSelect[Any]:
    """The newest that each of the code versions of :func:`code_versions` finished, correlated.

    Without the order of the index, PostgreSQL looks at row after row of the table for the first one
    where most of them would do; for a version that is the newest, or none, that is all of them.
    """
    any_of_it = _work.alias("any_of_it")
    return (
        select(any_of_it.c.recording_id)
        .where(any_of_it.c.stage == stage, any_of_it.c.state == "done")
        .where(any_of_it.c.code_version == versions.c.code_version)
        .order_by(any_of_it.c.arrival_day.desc(), any_of_it.c.finished_at.desc())
        .limit(1)
        .scalar_subquery()
    )


def count(
    connection: Connection,
    stage: str,
    versions: Collection[str],
    *conditions: ColumnElement[bool],
) -> list[VersionDay]:
    """Recordings by code version and arrival day; the cost follows their number."""
    statement = (
        select(
            _work.c.code_version,
            _work.c.arrival_day,
            func.count(),
            func.min(_work.c.finished_at),
        )
        .where(_work.c.stage == stage, _work.c.state == "done", *conditions)
        .where(_work.c.code_version.in_(versions))
        .group_by(_work.c.code_version, _work.c.arrival_day)
    )
    return [
        VersionDay(version, date.fromisoformat(day), number, finished_at)
        for version, day, number, finished_at in connection.execute(statement)
    ]


def newest(
    connection: Connection,
    stage: str,
    counted: Sequence[VersionDay],
    limit: int,
    *conditions: ColumnElement[bool],
) -> list[FinishedRecording]:
    """Recordings of the newest arrival days; reads a few rows of a long history, and sorts none.

    Args:
        connection: An open connection.
        stage: The stage.
        counted: The code versions, as :func:`count` found them.
        limit: Largest number of recordings.
        conditions: More conditions, as for :func:`count`.
    """
    newest_day: dict[str, date] = {}
    for each in counted:
        day = newest_day.get(each.code_version, each.arrival_day)
        newest_day[each.code_version] = max(day, each.arrival_day)
    versions = sorted(newest_day, key=lambda version: newest_day[version], reverse=True)[:limit]
    if not versions:
        return []
    some = union_all(
        *(_newest_of(stage, version, limit, *conditions) for version in versions)
    ).subquery()
    statement = select(some, tables.recording.c.tail).join(
        tables.recording, tables.recording.c.id == some.c.recording_id
    )
    found = [
        FinishedRecording(
            row.recording_id, row.tail, date.fromisoformat(row.arrival_day), row.code_version
        )
        for row in connection.execute(statement)
    ]
    found.sort(key=lambda each: (each.tail, each.id))
    return sorted(found, key=lambda each: each.arrival_day, reverse=True)[:limit]


def _newest_of(
    stage: str, version: str, limit: int, *conditions: ColumnElement[bool]
) -> Select[Any]:
    """The newest recordings of one code version, in the order of the index."""
    return select(
        select(_work.c.recording_id, _work.c.arrival_day, _work.c.code_version)
        .where(_work.c.stage == stage, _work.c.state == "done", _work.c.code_version == version)
        .where(*conditions)
        .order_by(_work.c.arrival_day.desc(), _work.c.finished_at.desc())
        .limit(limit)
        .subquery()
    )
