"""From the overview down: recordings by algorithm, one recording's way, aircraft by stage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, case, func, literal, select, union_all

from dataflow_health.errors import NotFound
from dataflow_health.storage.ledger.ledger import Row, rows
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import reading

_run, _recording, _archive = tables.algorithm_run, tables.recording, tables.archive

COLUMNS: Mapping[str, ColumnElement[Any]] = {
    "recording": _run.c.recording_id,
    "tail": _run.c.tail,
    "arrival_day": _run.c.arrival_day,
    "algorithm": _run.c.algorithm,
    "version": _run.c.version,
    "outcome": _run.c.outcome,
    "findings": _run.c.findings,
    "reason": _run.c.reason,
    "uploaded_at": _run.c.uploaded_at,
    "archive": _archive.c.name,
    "member": _recording.c.member,
    "recorder": _recording.c.recorder,
    "layout": _recording.c.layout,
    "arrived_at": _recording.c.arrived_at,
}
"""Columns of the drill-down table; any of them sorts it."""

_UNANSWERED: Mapping[str, ColumnElement[Any]] = {
    **COLUMNS,
    "recording": _recording.c.id,
    "tail": _recording.c.tail,
    "arrival_day": _recording.c.arrival_day,
}
"""The same for recordings that no algorithm has answered."""

NONE = "none"
"""Outcome that asks for those."""

SHORTEST_ID = 6
"""Characters of a recording's id that may stand for it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows of the drill-down table.

    Attributes:
        tail: Aircraft; like every filter, empty for all.
        algorithm: Its name.
        outcome: ``found``, ``clear``, ``not_applicable`` or ``failed``; or :data:`NONE`, for
            recordings that no algorithm has answered, which are in no other table.
        day_from: First arrival day, as 2026-11-20.
        day_to: Last arrival day.
        recording: Beginning of its id.
        archive: Part of the archive's name.
        sort: One of :data:`COLUMNS`.
        descending: Highest first.
        limit: Rows of a page.
        offset: Rows before it.
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


def recordings(engine: Engine, wanted: Wanted) -> tuple[list[Row], int]:
    """One page of the drill-down table, a row a recording and algorithm, and the rows in all."""
    columns = _UNANSWERED if wanted.outcome == NONE else COLUMNS
    place = columns[wanted.sort]
    ordered = place.desc().nulls_last() if wanted.descending else place.asc().nulls_first()
    selected = select(*(column.label(name) for name, column in columns.items()))
    page = _filtered(_joined(selected, wanted), columns, wanted)
    page = page.order_by(ordered, columns["recording"], columns["algorithm"])
    found = rows(engine, page.limit(wanted.limit).offset(wanted.offset))
    counted = select(func.count())
    whole = _joined(counted, wanted) if _needs_join(wanted) else counted.select_from(_run)
    with reading(engine) as connection:
        total = connection.execute(_filtered(whole, columns, wanted)).scalar_one()
    return found, total


def _needs_join(wanted: Wanted) -> bool:
    return bool(wanted.archive) or wanted.outcome == NONE


def _joined(statement: Select[Any], wanted: Wanted) -> Select[Any]:
    if wanted.outcome == NONE:
        known = _recording.outerjoin(_run, _run.c.recording_id == _recording.c.id)
        known = known.join(_archive, _archive.c.id == _recording.c.archive_id)
        return statement.select_from(known).where(_run.c.recording_id.is_(None))
    known = _run.join(_recording, _run.c.recording_id == _recording.c.id)
    return statement.select_from(known.join(_archive, _archive.c.id == _recording.c.archive_id))


def _filtered(
    statement: Select[Any], columns: Mapping[str, ColumnElement[Any]], wanted: Wanted
) -> Select[Any]:
    outcome = "" if wanted.outcome == NONE else wanted.outcome
    for name, value in (
        ("tail", wanted.tail),
        ("algorithm", wanted.algorithm),
        ("outcome", outcome),
    ):
        statement = statement.where(columns[name] == value) if value else statement
    if wanted.day_from:
        statement = statement.where(columns["arrival_day"] >= wanted.day_from)
    if wanted.day_to:
        statement = statement.where(columns["arrival_day"] <= wanted.day_to)
    if wanted.recording:
        begins = columns["recording"].startswith(wanted.recording.lower(), autoescape=True)
        statement = statement.where(begins)
    if wanted.archive:
        statement = statement.where(_archive.c.name.contains(wanted.archive, autoescape=True))
    return statement


@dataclass(frozen=True, slots=True)
class Way:
    """One recording's way through the stages.

    Attributes:
        recording: Its row, with the archive's name.
        stages: What became of it at each stage it reached, in order.
        answers: What every algorithm said.
        findings: What was found.
        others: Members with the same bytes, in this or other archives.
    """

    recording: Row
    stages: Sequence[Row]
    answers: Sequence[Row]
    findings: Sequence[Row]
    others: Sequence[Row]


def way(engine: Engine, beginning: str) -> Way:
    """The way of the one recording whose id begins so.

    Raises:
        NotFound: None does, or more than one.
    """
    found = _one(engine, beginning)
    thing = found["id"]
    answers = select(_run).where(_run.c.recording_id == thing).order_by(_run.c.algorithm)
    finding, member = tables.finding, tables.member
    findings = select(finding).where(finding.c.recording_id == thing)
    others = select(member, _archive.c.name.label("archive")).join(
        _archive, _archive.c.id == member.c.archive_id
    )
    return Way(
        found,
        _passages(engine, found),
        rows(engine, answers),
        rows(engine, findings.order_by(finding.c.start_s, finding.c.algorithm)),
        rows(engine, others.where(member.c.recording_id == thing, member.c.outcome == "duplicate")),
    )


def _one(engine: Engine, beginning: str) -> Row:
    if len(beginning) < SHORTEST_ID:
        raise NotFound(f"{beginning!r} is too short: give {SHORTEST_ID} characters of the id")
    statement = select(
        _recording, _archive.c.name.label("archive"), _archive.c.source, _archive.c.received_at
    ).join(_archive, _archive.c.id == _recording.c.archive_id)
    matching = _recording.c.id.startswith(beginning.lower(), autoescape=True)
    found = rows(engine, statement.where(matching).order_by(_recording.c.id).limit(4))
    if len(found) == 1:
        return found[0]
    if not found:
        raise NotFound(f"no recording's id begins with {beginning!r}")
    told = ", ".join(row["id"][:16] for row in found[:3])
    raise NotFound(f"{len(found)} recordings begin with {beginning!r}: {told}")


_TOLD = (
    "stage", "state", "reason", "detail", "byte_offset", "frame", "evidence", "bytes_in",
    "bytes_out", "rows_in", "rows_out", "output_path", "output_digest", "code_version", "run_id",
    "attempts", "started_at", "finished_at",
)  # fmt: skip


def _passages(engine: Engine, recording: Row) -> list[Row]:
    found: list[Row] = []
    for table, key, thing in (
        (tables.archive_stage, "archive_id", recording["archive_id"]),
        (tables.recording_stage, "recording_id", recording["id"]),
    ):
        columns = [table.c[name] for name in _TOLD]
        found += rows(engine, select(*columns).where(table.c[key] == thing))
    return sorted(found, key=lambda row: STAGES.index(row["stage"]))


@dataclass(frozen=True, slots=True)
class Cell:
    """One aircraft at one stage.

    Attributes:
        tail: The aircraft; empty for archives that were refused before one could be told.
        stage: The stage.
        done: Finished there; then what is in quarantine, written off, and in flight.
        last_at: When the newest was finished.
    """

    tail: str
    stage: str
    done: int = 0
    quarantined: int = 0
    written_off: int = 0
    in_flight: int = 0
    last_at: datetime | None = None


def fleet(engine: Engine, since_day: str = "") -> list[Cell]:
    """Every aircraft at every stage of its recordings, and archives that name no aircraft.

    Args:
        engine: The ledger's.
        since_day: What was done with earlier arrivals is left out; what was not, never is.
    """
    table = tables.recording_stage
    kept = (table.c.arrival_day >= since_day) | (table.c.state != "done")
    by_tail = _counted(table, _recording.c.tail).select_from(
        table.join(_recording, _recording.c.id == table.c.recording_id)
    )
    archives = tables.archive_stage
    nameless = _counted(archives, literal("")).where(archives.c.state == "quarantined")
    both = union_all(
        by_tail.where(kept).group_by(_recording.c.tail, table.c.stage),
        nameless.group_by(archives.c.stage),
    )
    with reading(engine) as connection:
        return [Cell(*_counts(row)) for row in connection.execute(both)]


def arrivals(engine: Engine) -> dict[str, tuple[int, datetime]]:
    """How many recordings each aircraft sent, and when the last arrived."""
    statement = select(_recording.c.tail, func.count(), func.max(_recording.c.arrived_at)).group_by(
        _recording.c.tail
    )
    with reading(engine) as connection:
        return {tail: (count, at) for tail, count, at in connection.execute(statement)}


def _counted(table: Any, tail: ColumnElement[str]) -> Select[Any]:  # noqa: ANN401
    def how_many(*states: str) -> ColumnElement[int]:
        return func.sum(case((table.c.state.in_(states), 1), else_=0))

    return select(
        tail.label("tail"),
        table.c.stage,
        how_many("done"),
        how_many("quarantined"),
        how_many("written_off"),
        how_many("waiting", "running"),
        func.max(table.c.finished_at),
    )


def _counts(row: Any) -> tuple[Any, ...]:  # noqa: ANN401
    tail, stage, *numbers, at = row
    return (tail, stage, *(int(each) for each in numbers), at)
