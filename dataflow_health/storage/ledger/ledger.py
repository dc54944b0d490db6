"""Writes to the ledger: begin and finish the processing of archives and recordings at a stage.

No archive, member or recording is ever deleted.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Table, bindparam, case, delete, select, update

from dataflow_health.storage.ledger.stage_order import (
    ARCHIVE_STAGES,
    RECORDING_STAGES,
    next_stage,
)
from dataflow_health.storage.ledger.states import State
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import Values, chunks, insert_new, upsert


@dataclass(frozen=True, slots=True, kw_only=True)
class StageOutput:
    """Output of a stage for one archive or recording, as the ledger records it.

    Attributes:
        bytes_in: Bytes read.
        bytes_out: Bytes written.
        rows_in: Rows read.
        rows_out: Rows written.
        output_path: Path of the output in the lake.
        output_digest: SHA-256 of the output, or of what it was made from.
        file_digest: SHA-256 of the file at ``output_path``, where that is not the output digest
            because several recordings share the file.
        measurements: Values for the stage's checks.
    """

    bytes_in: int | None = None
    bytes_out: int | None = None
    rows_in: int | None = None
    rows_out: int | None = None
    output_path: str | None = None
    output_digest: str | None = None
    file_digest: str | None = None
    measurements: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StageResult(StageOutput):
    """Result of one archive or recording at one stage: its output, and how it came about.

    Attributes:
        id: Archive or recording id.
        state: ``done`` or ``quarantined``; ``waiting`` when only part of the work is done.
        code_version: Version of the code and configuration that processed it.
        started_at: Start of the processing, UTC.
        finished_at: End of the processing, UTC.
        reason: Reason code of a refusal.
        detail: Explanation of a refusal.
        byte_offset: Offset of the fault in the original bytes.
        frame: Frame number of the fault.
        evidence: Bytes at the fault.
    """

    id: str
    state: State
    code_version: str
    started_at: datetime
    finished_at: datetime
    reason: str | None = None
    detail: str | None = None
    byte_offset: int | None = None
    frame: int | None = None
    evidence: bytes | None = None


def begin(engine: Engine, stage: str, ids: Sequence[str], run_id: str, at: datetime) -> None:
    """Marks archives or recordings as running at a stage, in one transaction.

    Attempts are counted since the item was last done.

    Raises:
        DatabaseError: The database does not answer.
    """
    table, key = stage_table(stage)
    attempts = case((table.c.state == "done", 1), else_=table.c.attempts + 1)
    statement = (
        update(table)
        .where(table.c[key] == bindparam("subject"), table.c.stage == stage)
        .values(state="running", run_id=run_id, started_at=at, attempts=attempts)
    )
    if ids:
        with writing(engine) as connection:
            connection.execute(statement, [{"subject": each} for each in ids])


def finish(
    engine: Engine, stage: str, day: str, run_id: str, results: Sequence[StageResult]
) -> None:
    """Saves results and puts what is done before the next stage, in one transaction.

    The next stage repeats what it has done only when its input changed.

    Raises:
        DatabaseError: The database does not answer.
    """
    with writing(engine) as connection:
        finish_in(connection, stage, day, run_id, results)


def finish_in(
    connection: Connection, stage: str, day: str, run_id: str, results: Sequence[StageResult]
) -> None:
    """:func:`finish` inside the caller's transaction."""
    if not results:
        return
    table, key = stage_table(stage)
    changed = _changed_ids(connection, table, key, stage, results)
    upsert(connection, table, [_values(key, stage, day, run_id, each) for each in results])
    following = next_stage(stage)
    if following is not None and stage != "extract":
        done = [each.id for each in results if each.state == "done"]
        at = max(each.finished_at for each in results)
        hand_over(connection, following, day, done, at, repeat=changed)
        _withdraw(connection, stage, [each.id for each in results if each.state == "quarantined"])


def hand_over(
    connection: Connection,
    stage: str,
    day: str,
    ids: Iterable[str],
    at: datetime,
    *,
    repeat: Collection[str] = (),
) -> None:
    """Puts archives or recordings before a stage, waiting.

    Args:
        connection: An open transaction.
        stage: The stage that is to process them.
        day: Arrival day.
        ids: Archive or recording ids; those that are before the stage already stay as they are.
        at: Time of the hand-over, UTC: from now on they wait.
        repeat: Ids to process again there, as their input changed.
    """
    table, key = stage_table(stage)
    waiting = [
        {
            key: i,
            "stage": stage,
            "arrival_day": day,
            "state": "waiting",
            "queued_at": at,
            "attempts": 0,
        }
        for i in ids
    ]
    insert_new(connection, table, waiting)
    again = [{"subject": row[key]} for row in waiting if row[key] in repeat]
    if again:
        statement = update(table).where(
            table.c[key] == bindparam("subject"),
            table.c.stage == stage,
            (table.c.state == "done") | (table.c.state == "quarantined"),
        )
        connection.execute(statement.values(state="waiting", queued_at=at, attempts=0), again)


def replace_file_digest(engine: Engine, stage: str, day: str, path: str, digest: str) -> None:
    """Records a new file and its digest for all recordings that share it.

    Raises:
        DatabaseError: The database does not answer.
    """
    table, _ = stage_table(stage)
    shared = update(table).where(
        table.c.stage == stage, table.c.arrival_day == day, table.c.output_path == path
    )
    with writing(engine) as connection:
        connection.execute(shared.values(file_digest=digest, file_removed_at=None))


def stage_table(stage: str) -> tuple[Table, str]:
    """The table with a stage's records, and the name of its id column."""
    if stage in ARCHIVE_STAGES:
        return tables.archive_stage, "archive_id"
    return tables.recording_stage, "recording_id"


def _withdraw(connection: Connection, stage: str, ids: Sequence[str]) -> None:
    """Removes recordings that a stage now refuses from the stages after it.

    They came there from this stage, where they are no longer done: the counts would not balance.
    """
    if stage in ARCHIVE_STAGES:
        return
    table = tables.recording_stage
    later = RECORDING_STAGES[RECORDING_STAGES.index(stage) + 1 :]
    for chunk in chunks(ids):
        connection.execute(
            delete(table).where(table.c.recording_id.in_(chunk), table.c.stage.in_(later))
        )


def _changed_ids(
    connection: Connection, table: Table, key: str, stage: str, results: Sequence[StageResult]
) -> set[str]:
    """Ids whose output digest differs from the one in the ledger."""
    known: dict[str, str | None] = {}
    for chunk in chunks([each.id for each in results]):
        statement = select(table.c[key], table.c.output_digest).where(
            table.c.stage == stage, table.c[key].in_(chunk)
        )
        known.update((row[0], row[1]) for row in connection.execute(statement))
    return {each.id for each in results if known.get(each.id) != each.output_digest}


def _values(key: str, stage: str, day: str, run_id: str, result: StageResult) -> Values:
    values = {each.name: getattr(result, each.name) for each in fields(result) if each.name != "id"}
    values["measurements"] = dict(result.measurements)
    where = {key: result.id, "stage": stage, "arrival_day": day, "run_id": run_id}
    return {**where, "file_removed_at": None, **values}
