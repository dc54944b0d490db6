"""Steps in flight: what their processes write while they work, and others read."""

from datetime import date, datetime, timedelta

from sqlalchemy import Engine, delete, select

from dataflow_health.health.running_steps import SILENT_AFTER, RunningStep
from dataflow_health.storage.ledger.stage_order import ARCHIVE_STAGES
from dataflow_health.storage.sql import locks, tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import columns, fetch, fetch_as, upsert

HISTORY = 100
"""Newest results of a stage that its longest duration is taken from."""
_table = tables.running_step


def save(engine: Engine, step: RunningStep) -> None:
    """Saves the present state of a step.

    Raises:
        DatabaseError: The database does not answer.
    """
    values = step._asdict() | {"arrival_day": step.arrival_day.isoformat()}
    with writing(engine) as connection:
        upsert(connection, _table, [values])


def remove(engine: Engine, step: RunningStep) -> None:
    """Removes a step that has ended, unless another run of the day has begun it again.

    Raises:
        DatabaseError: The database does not answer.
    """
    with writing(engine) as connection:
        connection.execute(
            delete(_table).where(
                _table.c.stage == step.stage,
                _table.c.arrival_day == step.arrival_day.isoformat(),
                _table.c.run_id == step.run_id,
            )
        )


def find(engine: Engine, now: datetime) -> tuple[RunningStep, ...]:
    """The steps in flight; one that is silent and whose lock is free has died, and is left out.

    Args:
        engine: Database of the ledger.
        now: Current time, UTC.

    Raises:
        DatabaseError: The database does not answer.
    """
    saved = fetch_as(RunningStep, engine, select(*columns(RunningStep, _table)))
    steps = [e._replace(arrival_day=date.fromisoformat(str(e.arrival_day))) for e in saved]
    return tuple(
        each for each in steps if now - each.active_at <= SILENT_AFTER or has_lock(engine, each)
    )


def has_lock(engine: Engine, step: RunningStep) -> bool:
    """Whether a living process, stopped or not, has the stage and the day of a step.

    Raises:
        DatabaseError: The database does not answer.
    """
    return locks.is_locked(engine, locks.stage_lock(step.stage, step.arrival_day.isoformat()))


def longest(engine: Engine, stage: str) -> timedelta | None:
    """The longest duration of the newest results of a stage; None before the first.

    Raises:
        DatabaseError: The database does not answer.
    """
    table = tables.archive_stage if stage in ARCHIVE_STAGES else tables.recording_stage
    newest = (
        select(table.c.started_at, table.c.finished_at)
        .where(table.c.stage == stage, table.c.state == "done")
        .order_by(table.c.arrival_day.desc())
        .limit(HISTORY)
    )
    durations = [e.finished_at - e.started_at for e in fetch(engine, newest) if e.started_at]
    return max(durations, default=None)
