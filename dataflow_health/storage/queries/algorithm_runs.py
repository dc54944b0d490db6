"""The drill-down table: algorithm runs by recording, filtered, sorted and in pages."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Engine, Select, func, select

from dataflow_health.storage.ledger import day_counts
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import reading
from dataflow_health.storage.sql.statements import chunks, columns, fetch, fetch_as

_run, _recording, _archive = tables.algorithm_run, tables.recording, tables.archive

NOT_RUN = "none"
"""Outcome filter for recordings that no algorithm has run on."""


class AlgorithmRunRow(NamedTuple):
    """One algorithm run on one recording; run columns are None while no algorithm has run on it.

    Any column sorts the table.

    Attributes:
        recording: Recording id.
        tail: Aircraft.
        arrival_day: Arrival day, as 2026-11-20.
        algorithm: Name of the algorithm.
        version: Version of the algorithm.
        outcome: ``found``, ``clear``, ``not_applicable`` or ``failed``.
        findings: Number of findings.
        reason: Reason for the outcome.
        uploaded_at: When the result was loaded into SQL, UTC.
        archive: Name of the archive.
        member: Path inside the archive.
        recorder: Recorder kind.
        layout: Layout of the frames.
        arrived_at: When the archive arrived, UTC.
    """

    recording: str
    tail: str
    arrival_day: str
    algorithm: str | None
    version: str | None
    outcome: str | None
    findings: int | None
    reason: str | None
    uploaded_at: datetime | None
    archive: str
    member: str
    recorder: str
    layout: str | None
    arrived_at: datetime


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Rows of the drill-down table to select. An empty filter selects all.

    Attributes:
        tail: Aircraft.
        algorithm: Name of the algorithm.
        outcome: ``found``, ``clear``, ``not_applicable`` or ``failed``; or :data:`NOT_RUN`.
        day_from: First arrival day, as 2026-11-20.
        day_to: Last arrival day.
        recording: Beginning of the recording id.
        archive: Part of the archive's name.
        sort: Field of :class:`AlgorithmRunRow` to sort by.
        descending: Highest first.
        limit: Rows of a page.
        offset: Rows before the page.
    """

    tail: str = ""
    algorithm: str = ""
    outcome: str = ""
    day_from: str = ""
    day_to: str = ""
    recording: str = ""
    archive: str = ""
    sort: str = "uploaded_at"
    descending: bool = True
    limit: int = 50
    offset: int = 0


def read_page(engine: Engine, chosen: RunFilter) -> tuple[list[AlgorithmRunRow], int]:
    """One page of the drill-down table, and the number of rows in all.

    Raises:
        DatabaseError: The database does not answer.
    """
    by_name = _columns(chosen)
    if _needs_join(chosen) or not _is_of_run(by_name[chosen.sort]):
        found = _joined_page(engine, by_name, chosen)
    else:
        found = _page(engine, by_name, chosen)
    return found, _total(engine, by_name, chosen)


def _page(
    engine: Engine, by_name: Mapping[str, ColumnElement[Any]], chosen: RunFilter
) -> list[AlgorithmRunRow]:
    """A page of runs, and then the recordings on it.

    In one statement, a database that knows the sizes of the tables joins all rows and sorts them.
    """
    own = {name: column for name, column in by_name.items() if _is_of_run(column)}
    sort = own[chosen.sort]
    order = sort.desc() if chosen.descending else sort.asc()
    statement = _filtered(select(*own.values()), by_name, chosen)
    statement = statement.order_by(order, own["recording"], own["algorithm"])
    runs = fetch(engine, statement.limit(chosen.limit).offset(chosen.offset))
    of_recording = _recordings(engine, by_name, {run.recording for run in runs})
    return [
        AlgorithmRunRow(**run._asdict(), **of_recording[run.recording])
        for run in runs
        if run.recording in of_recording
    ]


def _recordings(
    engine: Engine, by_name: Mapping[str, ColumnElement[Any]], ids: Collection[str]
) -> Mapping[str, Mapping[str, Any]]:
    """Columns of recordings and their archives, by recording."""
    others = [column for column in by_name.values() if not _is_of_run(column)]
    known = _recording.join(_archive, _archive.c.id == _recording.c.archive_id)
    statement = select(_recording.c.id, *others).select_from(known)
    return {
        row.id: {name: value for name, value in row._asdict().items() if name != "id"}
        for some in chunks(sorted(ids))
        for row in fetch(engine, statement.where(_recording.c.id.in_(some)))
    }


def _joined_page(
    engine: Engine, by_name: Mapping[str, ColumnElement[Any]], chosen: RunFilter
) -> list[AlgorithmRunRow]:
    """A page that is selected or sorted by columns of other tables."""
    sort = by_name[chosen.sort]
    order = sort.desc().nulls_last() if chosen.descending else sort.asc().nulls_first()
    statement = _filtered(_joined(select(*by_name.values()), chosen), by_name, chosen)
    statement = statement.order_by(order, by_name["recording"], by_name["algorithm"])
    return fetch_as(AlgorithmRunRow, engine, statement.limit(chosen.limit).offset(chosen.offset))


def _total(engine: Engine, by_name: Mapping[str, ColumnElement[Any]], chosen: RunFilter) -> int:
    """Number of rows on all pages; counts by day have it where only days are chosen."""
    counted = select(func.count())
    with reading(engine) as connection:
        if not (_needs_join(chosen) or chosen.tail or chosen.algorithm or chosen.recording):
            return day_counts.results(connection, *_of_days(chosen))
        whole = _joined(counted, chosen) if _needs_join(chosen) else counted.select_from(_run)
        total: int = connection.execute(_filtered(whole, by_name, chosen)).scalar_one()
    return total


def _of_days(chosen: RunFilter) -> Iterator[ColumnElement[bool]]:
    counts = tables.day_count.c
    if chosen.outcome:
        yield counts.state == chosen.outcome
    if chosen.day_from:
        yield counts.arrival_day >= chosen.day_from
    if chosen.day_to:
        yield counts.arrival_day <= chosen.day_to


def _columns(chosen: RunFilter) -> Mapping[str, ColumnElement[Any]]:
    """Columns by name; the recording's own where there is no run."""
    sources = (_recording, _run) if chosen.outcome == NOT_RUN else (_run, _recording)
    recording_id = _recording.c.id if chosen.outcome == NOT_RUN else _run.c.recording_id
    found = columns(AlgorithmRunRow, *sources, recording=recording_id, archive=_archive.c.name)
    return dict(zip(AlgorithmRunRow._fields, found, strict=True))


def _is_of_run(column: ColumnElement[Any]) -> bool:
    return any(each.table is _run for each in column.base_columns if isinstance(each, Column))


def _needs_join(chosen: RunFilter) -> bool:
    return bool(chosen.archive) or chosen.outcome == NOT_RUN


def _joined(statement: Select[Any], chosen: RunFilter) -> Select[Any]:
    if chosen.outcome == NOT_RUN:
        is_its_own = (_run.c.recording_id == _recording.c.id) & (
            _run.c.arrival_day == _recording.c.arrival_day
        )
        known = _recording.outerjoin(_run, is_its_own)
        known = known.join(_archive, _archive.c.id == _recording.c.archive_id)
        return statement.select_from(known).where(_run.c.recording_id.is_(None))
    known = _run.join(_recording, _run.c.recording_id == _recording.c.id)
    return statement.select_from(known.join(_archive, _archive.c.id == _recording.c.archive_id))


def _filtered(
    statement: Select[Any], by_name: Mapping[str, ColumnElement[Any]], chosen: RunFilter
) -> Select[Any]:
    outcome = "" if chosen.outcome == NOT_RUN else chosen.outcome
    for name, value in (
        ("tail", chosen.tail),
        ("algorithm", chosen.algorithm),
        ("outcome", outcome),
    ):
        statement = statement.where(by_name[name] == value) if value else statement
    if chosen.day_from:
        statement = statement.where(by_name["arrival_day"] >= chosen.day_from)
    if chosen.day_to:
        statement = statement.where(by_name["arrival_day"] <= chosen.day_to)
    if chosen.recording:
        begins = by_name["recording"].startswith(chosen.recording.lower(), autoescape=True)
        statement = statement.where(begins)
    if chosen.archive:
        statement = statement.where(_archive.c.name.contains(chosen.archive, autoescape=True))
    return statement
