"""Events that service level objectives count: loaded in time, accepted by a stage."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, Row, Select, and_, func, literal_column, select

from dataflow_health.health.error_budget import SloEvent
from dataflow_health.storage.ledger.stage_order import ARCHIVE_STAGES
from dataflow_health.storage.ledger.states import ENDED
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch


def landing_events(
    engine: Engine, within: timedelta, since: datetime, now: datetime
) -> list[SloEvent]:
    """Recordings by whether their results were in SQL in time.

    Recordings that arrived before the very first download are not counted.

    Args:
        engine: Database of the ledger.
        within: Allowed time from arrival to SQL.
        since: Earliest arrival that counts.
        now: Evaluation time, UTC; what has waited longer than ``within`` by then is late.

    Raises:
        DatabaseError: The database does not answer.
    """
    recording, work = tables.recording, tables.recording_stage
    loaded = and_(work.c.recording_id == recording.c.id, work.c.stage == "load")
    statement = (
        select(recording.c.tail, recording.c.arrived_at, work.c.state, work.c.finished_at)
        .outerjoin(work, loaded)
        .where(
            recording.c.arrival_day >= since.astimezone(UTC).date().isoformat(),  # has an index
            recording.c.arrived_at >= since,
            recording.c.arrived_at >= (first_download_at(engine) or now),
        )
    )
    events = (_landing_event(row, within, now) for row in fetch(engine, statement))
    return [event for event in events if event is not None]


def acceptance_events(engine: Engine, stage: str, since: datetime) -> list[SloEvent]:
    """Archives or recordings by whether a stage accepted them; what waits is not counted.

    Args:
        engine: Database of the ledger.
        stage: The stage.
        since: Earliest end of processing that counts.

    Raises:
        DatabaseError: The database does not answer.
    """
    archives = stage in ARCHIVE_STAGES
    work = tables.archive_stage if archives else tables.recording_stage
    statement = select(work.c.state, work.c.finished_at).where(
        work.c.stage == stage, work.c.finished_at >= since, work.c.state.in_(ENDED),
        work.c.arrival_day.in_(_days_with_ends(stage, since)),
    )  # fmt: skip
    if not archives:
        recording = tables.recording
        statement = statement.add_columns(recording.c.tail).join(
            recording, work.c.recording_id == recording.c.id
        )
    return [
        SloEvent(at=row.finished_at, good=row.state == "done", tail="" if archives else row.tail)
        for row in fetch(engine, statement)
    ]


def _days_with_ends(stage: str, since: datetime) -> Select[tuple[str]]:
    """Arrival days of which the stage finished something since a time: no others are read."""
    count = tables.day_count
    present = count.c.number > literal_column("0")  # as the partial index has it
    return select(count.c.arrival_day).where(
        present, count.c.step == stage, count.c.state.in_(ENDED), count.c.finished_at >= since
    )


def first_download_at(engine: Engine) -> datetime | None:
    """Time of the first download ever; None before it.

    Raises:
        DatabaseError: The database does not answer.
    """
    (row,) = fetch(engine, select(func.min(tables.archive.c.received_at).label("at")))
    first: datetime | None = row.at
    return first


def _landing_event(row: Row[Any], within: timedelta, now: datetime) -> SloEvent | None:
    due_at: datetime = row.arrived_at + within
    if row.state == "done" and row.finished_at is not None:
        return SloEvent(at=row.finished_at, good=row.finished_at <= due_at, tail=row.tail)
    return SloEvent(at=due_at, good=False, tail=row.tail) if due_at <= now else None
