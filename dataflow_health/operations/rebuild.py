"""Rebuild: makes everything of one recording again, from a stage on, from what came before it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine, update

from dataflow_health.errors import NotAllowed
from dataflow_health.storage.ledger import quarantine
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.ledger.stage_records import StageRecord
from dataflow_health.storage.queries import recording_history
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.sql import locks, tables
from dataflow_health.storage.sql.database import writing

FIRST_STAGES = STAGES[1:]
"""Stages from which a recording can be made again; download only has what the sender sends."""


def plan(engine: Engine, id_prefix: str, stage: str) -> tuple[StageRecord, ...]:
    """Records of a recording at a stage and the later ones that it has reached.

    At extract, this is the record of its archive, so that its other recordings are read again, too.

    Args:
        engine: Database of the ledger.
        id_prefix: Id of the recording, or a unique prefix of it.
        stage: First stage that makes its output again, one of :data:`FIRST_STAGES`.

    Raises:
        NotFound: No recording id begins with the prefix, or several do.
        NotAllowed: The recording has not reached the stage, was written off, is being processed, or
            its archive was removed by retention.
        DatabaseError: The database does not answer.
    """
    history = recording_history.read_history(engine, id_prefix)
    first = STAGES.index(stage)
    found = tuple(each for each in history.stages if STAGES.index(each.stage) >= first)
    name = f"recording {history.recording.id[:12]}"
    if not found or found[0].stage != stage:
        reached = history.stages[-1].stage if history.stages else "no stage"
        raise NotAllowed(f"{name} has not reached {stage}, only {reached}")
    for each in found:
        _check_state(engine, each, name)
    received = next((each for each in history.stages if each.stage == STAGES[0]), None)
    if received is not None and received.file_removed_at is not None:
        removed = f"removed by retention at {received.file_removed_at:%Y-%m-%d %H:%M} UTC"
        raise NotAllowed(f"{name}: its archive {received.archive} was {removed}; send it again")
    return found


def _check_state(engine: Engine, record: StageRecord, name: str) -> None:
    if record.state == "written_off":
        raise NotAllowed(f"{name} was written off at {record.stage}; replay it first")
    name_of_lock = locks.stage_lock(record.stage, record.arrival_day)
    if record.state == "running" and locks.is_locked(engine, name_of_lock):
        raise NotAllowed(f"{name} is being processed by {record.stage}; wait until it has ended")


def begin(
    engine: Engine,
    records: Sequence[StageRecord],
    operator: Operator,
    *,
    reason: str,
    at: datetime,
) -> int:
    """Puts records back before their stages, with an audit entry for each; returns their number.

    Analyse keeps no result: all its algorithms run again.

    Args:
        engine: Database of the ledger.
        records: What :func:`plan` found.
        operator: Who does it.
        reason: Reason for the audit log.
        at: Time of the action, UTC.

    Raises:
        DatabaseError: The database does not answer.
    """
    with writing(engine) as connection:
        count = quarantine.requeue_in(
            connection, records, operator, action="rebuild", reason=reason, at=at
        )
        _forget_results(connection, [each.id for each in records if each.stage == "analyse"])
    return count


def _forget_results(connection: Connection, ids: Sequence[str]) -> None:
    """Empties what analyse measured, before any run can see that the recordings wait for it."""
    stage = tables.recording_stage
    waits = (stage.c.stage == "analyse", stage.c.state == "waiting")
    forget = update(stage).where(stage.c.recording_id.in_(ids), *waits)
    connection.execute(forget.values(measurements={}))
