"""The drill-down table: algorithm runs by recording, filtered, sorted and in pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Engine, Select, func, select

from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import reading
from dataflow_health.storage.sql.statements import columns, fetch_as

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
    sort = by_name[chosen.sort]
    order = sort.desc().nulls_last() if chosen.descending else sort.asc().nulls_first()
    statement = _filtered(_joined(select(*by_name.values()), chosen), by_name, chosen)
    statement = statement.order_by(order, by_name["recording"], by_name["algorithm"])
    found = fetch_as(AlgorithmRunRow, engine, statement.limit(chosen.limit).offset(chosen.offset))
    counted = select(func.count())
    whole = _joined(counted, chosen) if _needs_join(chosen) else counted.select_from(_run)
    with reading(engine) as connection:
        total = connection.execute(_filtered(whole, by_name, chosen)).scalar_one()
    return found, total


def _columns(chosen: RunFilter) -> Mapping[str, ColumnElement[Any]]:
    """Columns by name; the recording's own where there is no run."""
    sources = (_recording, _run) if chosen.outcome == NOT_RUN else (_run, _recording)
    recording_id = _recording.c.id if chosen.outcome == NOT_RUN else _run.c.recording_id
    found = columns(AlgorithmRunRow, *sources, recording=recording_id, archive=_archive.c.name)
    return dict(zip(AlgorithmRunRow._fields, found, strict=True))


def _needs_join(chosen: RunFilter) -> bool:
    return bool(chosen.archive) or chosen.outcome == NOT_RUN


def _joined(statement: Select[Any], chosen: RunFilter) -> Select[Any]:
    if chosen.outcome == NOT_RUN:
        known = _recording.outerjoin(_run, _run.c.recording_id == _recording.c.id)
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
