"""Stage records: the state, output and origin of every archive and recording at every stage."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Engine, Select, Table, func, literal, select

from dataflow_health.storage.ledger import day_counts
from dataflow_health.storage.ledger.stage_order import ARCHIVE_STAGES, RECORDING_STAGES, STAGES
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import columns, fetch_as


class StageRecord(NamedTuple):
    """One archive or recording at one stage.

    Attributes:
        id: Archive id at the first two stages, recording id at the others.
        stage: The stage.
        arrival_day: Arrival day, as 2026-11-20.
        state: One of :data:`~dataflow_health.storage.ledger.states.State`.
        reason: Reason code of the last refusal.
        detail: Explanation of the last refusal.
        byte_offset: Offset of the fault in the original bytes.
        frame: Frame number of the fault.
        evidence: Bytes at the fault.
        bytes_in: Bytes read.
        bytes_out: Bytes written.
        rows_in: Rows read.
        rows_out: Rows written.
        output_path: Path of the output in the lake; empty when there is none.
        output_digest: SHA-256 of the output, or of what it was made from.
        file_digest: SHA-256 of the output's file, where several recordings share it.
        file_removed_at: When retention removed the output's file, UTC; None while it is kept.
        code_version: Version of the code and configuration that processed it.
        measurements: Values that the stage measured for its checks.
        run_id: Last run that processed it.
        attempts: Runs that started on it since it was put before the stage.
        started_at: Start of the last run, UTC.
        finished_at: End of the last run, UTC.
        arrived_at: When the archive arrived, UTC.
        size_bytes: Size of the original bytes.
        tail: Aircraft; empty for an archive.
        member: Path inside the archive; empty for an archive.
        recorder: Recorder kind; empty for an archive.
        layout: Layout of the frames; None for an archive.
        archive: Name of the archive.
        archive_path: Path of the archive's bytes in the lake.
        source: URL that the archive was downloaded from.
    """

    id: str
    stage: str
    arrival_day: str
    state: str
    reason: str | None
    detail: str | None
    byte_offset: int | None
    frame: int | None
    evidence: bytes | None
    bytes_in: int | None
    bytes_out: int | None
    rows_in: int | None
    rows_out: int | None
    output_path: str
    output_digest: str | None
    file_digest: str | None
    file_removed_at: datetime | None
    code_version: str | None
    measurements: Mapping[str, Any]
    run_id: str | None
    attempts: int
    started_at: datetime | None
    finished_at: datetime | None
    arrived_at: datetime
    size_bytes: int
    tail: str
    member: str
    recorder: str
    layout: str | None
    archive: str | None
    archive_path: str | None
    source: str | None

    @property
    def is_archive(self) -> bool:
        """Whether it is an archive, not a recording."""
        return self.stage in ARCHIVE_STAGES

    @property
    def refused_at(self) -> datetime:
        """Time of the last refusal, when the record is one of quarantine."""
        return self.finished_at or self.arrived_at


def find(
    engine: Engine,
    *,
    stage: str | None = None,
    day: str | None = None,
    states: Sequence[str] | None = None,
) -> list[StageRecord]:
    """Stage records, oldest arrival first.

    Args:
        engine: Database of the ledger.
        stage: Only this stage.
        day: Only this arrival day.
        states: Only these states.

    Raises:
        DatabaseError: The database does not answer.
    """
    found: list[StageRecord] = []
    for stages, (statement, table) in (
        (ARCHIVE_STAGES, archive_records()),
        (RECORDING_STAGES, recording_records()),
    ):
        if stage is not None and stage not in stages:
            continue
        for column, wanted in ((table.c.stage, stage), (table.c.arrival_day, day)):
            if wanted is not None:
                statement = statement.where(column == wanted)
        if states is not None:
            found += _in_states(engine, statement, table, states)
        else:
            found += fetch_as(StageRecord, engine, statement)
    return sorted(found, key=lambda each: (each.arrived_at, each.id, STAGES.index(each.stage)))


def _in_states(
    engine: Engine, statement: Select[Any], table: Table, states: Sequence[str]
) -> list[StageRecord]:
    """Records in some states, looked up on the stages and days that have any."""
    return [
        record
        for condition in day_counts.conditions(engine, states, table)
        for record in fetch_as(StageRecord, engine, statement.where(condition))
    ]


def of_recording(engine: Engine, recording_id: str, archive_id: str) -> list[StageRecord]:
    """Records of a recording at every stage it reached, and of its archive, in stage order.

    Raises:
        DatabaseError: The database does not answer.
    """
    archives, work = archive_records()
    found = fetch_as(StageRecord, engine, archives.where(work.c.archive_id == archive_id))
    recordings, work = recording_records()
    found += fetch_as(StageRecord, engine, recordings.where(work.c.recording_id == recording_id))
    return sorted(found, key=lambda each: STAGES.index(each.stage))


def archive_records() -> tuple[Select[Any], Table]:
    """SELECT of the archives' stage records, and the table with their stage and state."""
    work, archive = tables.archive_stage, tables.archive
    empty = literal("")
    selected = columns(
        StageRecord, work, archive,
        id=archive.c.id, archive=archive.c.name, archive_path=archive.c.path,
        tail=empty, member=empty, recorder=empty, layout=literal(None),
        output_path=_output_path(work),
    )  # fmt: skip
    return select(*selected).join(archive, work.c.archive_id == archive.c.id), work


def recording_records() -> tuple[Select[Any], Table]:
    """SELECT of the recordings' stage records, and the table with their stage and state."""
    work, recording, archive = tables.recording_stage, tables.recording, tables.archive
    selected = columns(
        StageRecord, work, recording,
        archive=archive.c.name, archive_path=archive.c.path, source=archive.c.source,
        output_path=_output_path(work),
    )  # fmt: skip
    statement = (
        select(*selected)
        .join(recording, work.c.recording_id == recording.c.id)
        .outerjoin(archive, recording.c.archive_id == archive.c.id)
    )
    return statement, work


def _output_path(work: Table) -> ColumnElement[str]:
    return func.coalesce(work.c.output_path, literal(""))
