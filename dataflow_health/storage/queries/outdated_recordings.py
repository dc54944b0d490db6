"""Recordings that a stage finished with another version than it would have now.

A code version of parse or store belongs to one recorder and layout: one of its recordings shows
which. The cost follows the number of code versions and the recordings of outdated ones.
"""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache

from sqlalchemy import ColumnElement, Connection, Engine, Select, bindparam, func, select

from dataflow_health.health.outdated_recordings import (
    OutdatedRecording,
    OutdatedRecordings,
    VersionDebt,
)
from dataflow_health.storage.queries import finished_versions
from dataflow_health.storage.queries.finished_versions import code_versions, example_of
from dataflow_health.storage.records.version_table import Key, Version
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import snapshot

STAGES = ("parse", "store")
"""The stages whose versions YAML files change, in the order in which they run."""
NEWEST = 20
"""Recordings that are read as examples, of each stage."""

Declared = Mapping[Key, Version]
"""Declared versions by stage, recorder and layout."""

_work = tables.recording_stage


def read(engine: Engine, declared: Declared | None = None) -> OutdatedRecordings:
    """How many recordings are outdated, each at the first stage that would process it again.

    A recording whose recorder or layout is not declared any more is left as it is, and one that
    waits or is in a run owes nothing.

    Args:
        engine: Database of the ledger.
        declared: What is declared; None for what the ledger has.

    Raises:
        DatabaseError: The database does not answer.
    """
    days: list[VersionDebt] = []
    newest: list[OutdatedRecording] = []
    with snapshot(engine) as connection:
        earlier: list[ColumnElement[bool]] = []
        for stage in STAGES:
            if not (older := _older_versions(connection, stage, declared)):
                continue
            counted = finished_versions.count(connection, stage, older, *earlier)
            found = finished_versions.newest(connection, stage, counted, NEWEST, *earlier)
            newest += [OutdatedRecording(e.id, e.tail, e.arrival_day, stage) for e in found]
            days += [
                VersionDebt(
                    stage,
                    each.arrival_day,
                    each.recordings,
                    max(each.finished_at, older[each.code_version]),
                )
                for each in counted
            ]
            earlier.append(_work.c.recording_id.not_in(_ids(stage, older)))
    return OutdatedRecordings(_by_day(days), tuple(newest))


def find(engine: Engine, day: str = "") -> list[OutdatedRecording]:
    """Outdated recordings, newest arrival day first.

    Args:
        engine: Database of the ledger.
        day: Only this arrival day; empty for all.

    Raises:
        DatabaseError: The database does not answer.
    """
    first: dict[str, OutdatedRecording] = {}
    with snapshot(engine) as connection:
        for stage in STAGES:
            if older := _older_versions(connection, stage, None):
                for each in _recordings(connection, stage, older, day):
                    first.setdefault(each.id, each)
    return sorted(first.values(), key=lambda each: each.arrival_day, reverse=True)


def _older_versions(
    connection: Connection, stage: str, declared: Declared | None
) -> Mapping[str, datetime]:
    """Code versions that are not the present ones, and when the present one was declared."""
    present = _declared(connection) if declared is None else declared
    current = [each.version for (of_stage, *_), each in present.items() if of_stage == stage]
    return {
        row.code_version: present[key].declared_at
        for row in connection.execute(_other_versions(stage), {"current": current})
        if (key := (stage, row.recorder, row.layout)) in present
    }


@cache
def _other_versions(stage: str) -> Select[tuple[str, str, str]]:
    """Code versions but ``current`` ones, with recorder and layout; every report asks for them."""
    found, recording = code_versions(stage), tables.recording
    layout = func.coalesce(recording.c.layout, "").label("layout")
    return (
        select(found.c.code_version, recording.c.recorder, layout)
        .select_from(found)
        .join(recording, recording.c.id == example_of(stage, found))
        .where(found.c.code_version.not_in(bindparam("current", expanding=True)))
    )


def _declared(connection: Connection) -> Declared:
    rows = connection.execute(select(tables.declared_version))
    return {
        (row.stage, row.recorder, row.layout): Version(row.version, row.declared_at) for row in rows
    }


def _ids(stage: str, versions: Mapping[str, datetime]) -> Select[tuple[str]]:
    earlier = _work.alias("earlier")
    return select(earlier.c.recording_id).where(
        earlier.c.stage == stage, earlier.c.state == "done", earlier.c.code_version.in_(versions)
    )


def _recordings(
    connection: Connection, stage: str, versions: Mapping[str, datetime], day: str
) -> list[OutdatedRecording]:
    recording = tables.recording
    statement = (
        select(_work.c.recording_id, recording.c.tail, _work.c.arrival_day)
        .join(recording, recording.c.id == _work.c.recording_id)
        .where(_work.c.stage == stage, _work.c.state == "done")
        .where(_work.c.code_version.in_(versions))
        .order_by(_work.c.arrival_day.desc(), recording.c.tail, _work.c.recording_id)
    )
    if day:
        statement = statement.where(_work.c.arrival_day == day)
    return [
        OutdatedRecording(row.recording_id, row.tail, date.fromisoformat(row.arrival_day), stage)
        for row in connection.execute(statement)
    ]


def _by_day(debts: list[VersionDebt]) -> tuple[VersionDebt, ...]:
    """The debts of all versions of a stage and arrival day as one, newest day first."""
    sums: dict[tuple[date, str], VersionDebt] = {}
    for each in debts:
        key = each.arrival_day, each.stage
        before = sums.get(key, each._replace(recordings=0))
        sums[key] = each._replace(
            recordings=before.recordings + each.recordings,
            since_at=min(before.since_at, each.since_at),
        )
    return tuple(sums[key] for key in sorted(sums, reverse=True))
