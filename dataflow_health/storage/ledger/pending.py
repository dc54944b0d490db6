"""Pending work: what a stage has still to process on an arrival day.

That is what waits, what a run that died left running, and what other code finished or refused.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Engine, Row, Select, Table, func, select

from dataflow_health.storage.ledger.stage_order import RECORDING_STAGES, STAGES
from dataflow_health.storage.ledger.states import UNFINISHED
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import columns, fetch, fetch_as


class PendingArchive(NamedTuple):
    """One archive that a stage has to process.

    Attributes:
        id: SHA-256 of its bytes.
        name: File name.
        path: Path of its bytes in the lake.
        arrival_day: Arrival day, as 2026-11-20.
        arrived_at: When it arrived, UTC.
        state: State at the stage.
        code_version: Version of the code that processed it last.
    """

    id: str
    name: str
    path: str
    arrival_day: str
    arrived_at: datetime
    state: str
    code_version: str | None


class PendingRecording(NamedTuple):
    """One recording that a stage has to process.

    Attributes:
        id: SHA-256 of its bytes.
        recorder: Recorder kind.
        layout: Layout of the frames.
        tail: Aircraft.
        named_tail: Aircraft by the archive's name, when it is another one.
        named_started_at: Start by the file's name, UTC.
        size_bytes: Size of the original bytes.
        arrival_day: Arrival day, as 2026-11-20.
        arrived_at: When its archive arrived, UTC.
        state: State at the stage.
        code_version: Version of the code that processed it last.
        input_path: Output of the stage before, in the lake; empty for the first stage.
        input_digest: SHA-256 of that output, or of what it was made from.
        input_file_digest: SHA-256 of the file at ``input_path``.
        input_rows: Rows of that output.
        input_measurements: Measurements of the stage before.
    """

    id: str
    recorder: str
    layout: str | None
    tail: str
    named_tail: str | None
    named_started_at: datetime | None
    size_bytes: int
    arrival_day: str
    arrived_at: datetime
    state: str
    code_version: str | None
    input_path: str
    input_digest: str
    input_file_digest: str
    input_rows: int
    input_measurements: Mapping[str, Any]


Pending = TypeVar("Pending", PendingArchive, PendingRecording)


def archives(
    engine: Engine,
    stage: str,
    day: str,
    version: Callable[[PendingArchive], str],
    *,
    force: bool = False,
    only: Sequence[str] | None = None,
) -> list[PendingArchive]:
    """Archives that a stage has to process, oldest arrival first.

    Args:
        engine: Database of the ledger.
        stage: The stage.
        day: Arrival day.
        version: Code version that a finished archive must have to count as finished.
        force: Include finished archives.
        only: Ids to keep to; None for all.

    Raises:
        DatabaseError: The database does not answer.
    """
    work, archive = tables.archive_stage, tables.archive
    statement = select(*columns(PendingArchive, archive, work)).join(
        work, work.c.archive_id == archive.c.id
    )
    found = fetch_as(PendingArchive, engine, _of_day(statement, work, archive, stage, day))
    return _outdated(found, version, force, only)


def recordings(
    engine: Engine,
    stage: str,
    day: str,
    version: Callable[[PendingRecording], str],
    *,
    force: bool = False,
    only: Sequence[str] | None = None,
) -> list[PendingRecording]:
    """Recordings that a stage has to process, with their input, oldest arrival first.

    Arguments and errors are those of :func:`archives`.
    """
    work, recording = tables.recording_stage, tables.recording
    given = work.alias("given")
    selected = columns(
        PendingRecording, recording, work,
        input_path=given.c.output_path, input_digest=given.c.output_digest,
        input_file_digest=func.coalesce(given.c.file_digest, given.c.output_digest),
        input_rows=given.c.rows_out, input_measurements=given.c.measurements,
    )  # fmt: skip
    before = STAGES[STAGES.index(stage) - 1]
    statement = (
        select(*selected)
        .join(work, work.c.recording_id == recording.c.id)
        .join(
            given,
            (given.c.recording_id == recording.c.id) & (given.c.stage == before),
            isouter=stage == RECORDING_STAGES[0],
        )
    )
    rows = fetch(engine, _of_day(statement, work, recording, stage, day))
    return _outdated(list(map(_recording, rows)), version, force, only)


def _of_day(
    statement: Select[Any], work: Table, subject: Table, stage: str, day: str
) -> Select[Any]:
    return (
        statement.where(work.c.stage == stage, work.c.arrival_day == day)
        .where(work.c.state != "written_off")
        .order_by(subject.c.arrived_at, subject.c.id)
    )


def _recording(row: Row[Any]) -> PendingRecording:
    *own, path, digest, file_digest, rows, measurements = row
    given = (path or "", digest or "", file_digest or "", rows or 0, measurements or {})
    return PendingRecording._make([*own, *given])


def _outdated(
    found: Sequence[Pending],
    version: Callable[[Pending], str],
    force: bool,
    only: Sequence[str] | None,
) -> list[Pending]:
    wanted = None if only is None else set(only)
    return [
        each
        for each in found
        if (wanted is None or each.id in wanted)
        and (force or each.state in UNFINISHED or each.code_version != version(each))
    ]
