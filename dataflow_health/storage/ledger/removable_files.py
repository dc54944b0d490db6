"""Files of finished work that nothing waits for, and the record that they were removed."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Engine, Select, and_, case, exists, func, or_, select, update

from dataflow_health.storage.ledger import day_counts
from dataflow_health.storage.ledger.ledger import stage_table
from dataflow_health.storage.ledger.stage_order import ARCHIVE_STAGES, STAGES
from dataflow_health.storage.ledger.states import NOT_DONE
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import chunks, fetch, fetch_as


class RemovableFile(NamedTuple):
    """One file, or the recordings of one archive.

    Attributes:
        path: Path in the lake; empty for extract, whose files are named after recordings.
        archive_id: Id of the archive, for download and extract; else empty.
        size_bytes: Bytes that the stage wrote.
        items: Archives or recordings that it belongs to.
    """

    path: str
    archive_id: str
    size_bytes: int
    items: int


def days(engine: Engine, stage: str, before: datetime) -> list[str]:
    """Arrival days that may have files of a stage from before a time, oldest first.

    Raises:
        DatabaseError: The database does not answer.
    """
    last = f"{before:%F}"
    places = day_counts.places(engine, ["done"])
    return [day for step, day in places if step == stage and day <= last]


def find(engine: Engine, stage: str, day: str, before: datetime) -> list[RemovableFile]:
    """Files of a stage and day that were written before a time, and that no work waits for.

    Args:
        engine: Database of the ledger.
        stage: The stage.
        day: Arrival day.
        before: Time before which they were written, UTC.

    Raises:
        DatabaseError: The database does not answer.
    """
    of_archives = stage in ARCHIVE_STAGES
    statement = _of_archives(stage) if of_archives else _of_recordings(before)
    table, _ = stage_table(stage)
    statement = statement.where(
        table.c.stage == stage,
        table.c.arrival_day == day,
        table.c.state == "done",
        table.c.file_removed_at.is_(None),
    )
    if of_archives:
        statement = statement.where(table.c.finished_at < before)
    return fetch_as(RemovableFile, engine, statement)


def recordings_of(engine: Engine, archive_ids: Sequence[str]) -> list[tuple[str, str, str]]:
    """Arrival day, aircraft and id of the recordings of some archives.

    Raises:
        DatabaseError: The database does not answer.
    """
    recording = tables.recording.c
    statement = select(recording.arrival_day, recording.tail, recording.id)
    return [
        (row.arrival_day, row.tail, row.id)
        for chunk in chunks(archive_ids)
        for row in fetch(engine, statement.where(recording.archive_id.in_(chunk)))
    ]


def mark_removed(
    engine: Engine, stage: str, day: str, files: Sequence[RemovableFile], at: datetime
) -> None:
    """Records that files were removed; their digests stay.

    Raises:
        DatabaseError: The database does not answer.
    """
    table, _ = stage_table(stage)
    of_archives = stage in ARCHIVE_STAGES
    column = tables.archive_stage.c.archive_id if of_archives else table.c.output_path
    for chunk in chunks([each.archive_id if of_archives else each.path for each in files]):
        removed = update(table).where(
            table.c.stage == stage,
            table.c.arrival_day == day,
            table.c.state == "done",
            column.in_(chunk),
        )
        with writing(engine) as connection:
            connection.execute(removed.values(file_removed_at=at))


def mark_kept(engine: Engine, archive_id: str) -> None:
    """Records that an archive is in the lake again.

    Raises:
        DatabaseError: The database does not answer.
    """
    table = tables.archive_stage
    of_archive = update(table).where(table.c.stage == STAGES[0], table.c.archive_id == archive_id)
    with writing(engine) as connection:
        connection.execute(of_archive.values(file_removed_at=None))


def _of_recordings(before: datetime) -> Select[tuple[str, str, int, int]]:
    """A file that recordings share is removable when it is for each of them."""
    work = tables.recording_stage
    is_free = and_(work.c.finished_at < before, _is_settled(work.c.recording_id))
    return (
        select(
            work.c.output_path.label("path"),
            func.coalesce(None, "").label("archive_id"),
            func.coalesce(func.sum(work.c.bytes_out), 0).label("size_bytes"),
            func.count().label("items"),
        )
        .where(work.c.output_path.is_not(None))
        .group_by(work.c.output_path)
        .having(func.count() == func.sum(case((is_free, 1), else_=0)))
    )


def _of_archives(stage: str) -> Select[tuple[str, str, int, int]]:
    work, archive, recording = tables.archive_stage, tables.archive, tables.recording
    of_archive = recording.c.archive_id == work.c.archive_id
    unsettled = exists().where(of_archive, ~_is_settled(recording.c.id))
    other = tables.archive_stage.alias("other")
    unopened = exists().where(other.c.archive_id == work.c.archive_id, other.c.state.in_(NOT_DONE))
    inside = select(func.coalesce(func.sum(recording.c.size_bytes), 0)).where(of_archive)
    is_archive = stage == "download"
    return (
        select(
            (archive.c.path if is_archive else func.coalesce(None, "")).label("path"),
            work.c.archive_id,
            (archive.c.size_bytes if is_archive else inside.scalar_subquery()).label("size_bytes"),
            func.coalesce(None, 1).label("items"),
        )
        .join(archive, archive.c.id == work.c.archive_id)
        .where(~unsettled, ~unopened)
    )


def _is_settled(recording_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a recording has its results or is written off, and waits before no stage."""
    other = tables.recording_stage.alias("stages")
    of_recording = other.c.recording_id == recording_id
    waits = exists().where(of_recording, other.c.state.in_(NOT_DONE))
    loaded = and_(other.c.stage == STAGES[-1], other.c.state == "done")
    ended = exists().where(of_recording, or_(loaded, other.c.state == "written_off"))
    return and_(~waits, ended)
