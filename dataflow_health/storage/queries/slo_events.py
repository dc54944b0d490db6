"""When each thing was settled, for promises: landed to SQL, taken or refused, or unanswered."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Engine, and_, func, select

from dataflow_health.health.error_budget import Event
from dataflow_health.storage.ledger.ledger import rows
from dataflow_health.storage.ledger.stage_order import ARCHIVE_STAGES
from dataflow_health.storage.sql import tables


def landed(engine: Engine, within: timedelta, since: datetime, now: datetime) -> list[Event]:
    """Recordings by whether their answers were in SQL in time.

    What lay at the source before the first download ever is history, and promised nothing.

    Args:
        engine: The ledger's.
        within: In time.
        since: Older arrivals are left out.
        now: The moment; what waits longer than ``within`` by then is late already.
    """
    recording, work = tables.recording, tables.recording_stage
    loaded = and_(work.c.recording_id == recording.c.id, work.c.stage == "load")
    statement = (
        select(recording.c.tail, recording.c.arrived_at, work.c.state, work.c.finished_at)
        .outerjoin(work, loaded)
        .where(recording.c.arrived_at >= since, recording.c.arrived_at >= _first(engine, now))
    )
    events = (_landing(row, within, now) for row in rows(engine, statement))
    return [event for event in events if event is not None]


def accepted(engine: Engine, stage: str, since: datetime) -> list[Event]:
    """Things by whether a stage took them; what was refused and is waiting again counts not yet."""
    archives = stage in ARCHIVE_STAGES
    work = tables.archive_stage if archives else tables.recording_stage
    statement = select(work.c.state, work.c.finished_at).where(
        work.c.stage == stage,
        work.c.finished_at >= since,
        work.c.state.in_(("done", "quarantined", "written_off")),
    )
    if not archives:
        recording = tables.recording
        statement = statement.add_columns(recording.c.tail).join(
            recording, work.c.recording_id == recording.c.id
        )
    return [
        Event(at=row["finished_at"], good=row["state"] == "done", tail=row.get("tail", ""))
        for row in rows(engine, statement)
    ]


def unanswered(engine: Engine) -> dict[str, int]:
    """Recordings of each aircraft without answers in SQL yet; written-off ones left out."""
    recording, work = tables.recording, tables.recording_stage
    settled = (
        select(work.c.recording_id)
        .where(
            ((work.c.stage == "load") & (work.c.state == "done")) | (work.c.state == "written_off")
        )
        .scalar_subquery()
    )
    statement = (
        select(recording.c.tail, func.count().label("n"))
        .where(recording.c.id.not_in(settled))
        .group_by(recording.c.tail)
    )
    return {row["tail"]: row["n"] for row in rows(engine, statement)}


def _first(engine: Engine, now: datetime) -> datetime:
    """When anything was ever downloaded."""
    found = rows(engine, select(func.min(tables.archive.c.received_at).label("at")))
    first: datetime | None = found[0]["at"]
    return first or now


def _landing(row: Mapping[str, datetime | str], within: timedelta, now: datetime) -> Event | None:
    arrived_at, finished_at = row["arrived_at"], row["finished_at"]
    assert isinstance(arrived_at, datetime)  # noqa: S101  (the column's type)
    due_at = arrived_at + within
    tail = str(row["tail"])
    if row["state"] == "done" and isinstance(finished_at, datetime):
        return Event(at=finished_at, good=finished_at <= due_at, tail=tail)
    return Event(at=due_at, good=False, tail=tail) if due_at <= now else None
