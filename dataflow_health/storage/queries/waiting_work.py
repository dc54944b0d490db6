"""Unfinished work by arrival day, with the time of the day's last progress."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine, Row, Select, Table, case, exists, func, select

from dataflow_health.health.waiting_work import WaitingDay, WaitingWork
from dataflow_health.storage.ledger import running_steps
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.ledger.states import ENDED, is_unfinished
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import chunks, fetch

_TABLES = (tables.archive_stage, tables.recording_stage)


def read(engine: Engine, now: datetime) -> WaitingWork:
    """Archives not taken, steps in flight, and the first unfinished stage of every arrival day.

    The cost follows the unfinished work and the days that have some, not the history.

    Args:
        engine: Database of the ledger.
        now: Evaluation time, UTC.

    Raises:
        DatabaseError: The database does not answer.
    """
    days = (*_at_source(engine), *_read_days(engine))
    return WaitingWork(days, running_steps.find(engine, now))


def _at_source(engine: Engine) -> list[WaitingDay]:
    """Archives that the last listing of the source showed and that were not taken since."""
    entry, arrival = tables.landing_entry, tables.arrival
    version = (arrival.c[name] == entry.c[name] for name in ("size_bytes", "modified_at"))
    is_taken = exists().where(
        arrival.c.source == entry.c.source, arrival.c.name == entry.c.name, *version
    )
    waiting = select(entry.c.first_seen_at, entry.c.modified_at).where(
        entry.c.reason.is_(None), ~is_taken
    )
    seen: dict[date, list[datetime]] = defaultdict(list)
    for row in fetch(engine, waiting):
        seen[min(row.modified_at, row.first_seen_at).date()].append(row.first_seen_at)
    return [
        WaitingDay(STAGES[0], day, len(times), min(times), min(times), at_source=True)
        for day, times in sorted(seen.items())
    ]


def _read_days(engine: Engine) -> list[WaitingDay]:
    """The first stage with something unfinished, for every arrival day that has one."""
    rows = [row for table in _TABLES for row in fetch(engine, _unfinished(table))]
    if not rows:
        return []
    rows.sort(key=lambda row: STAGES.index(row.stage))
    first = {row.arrival_day: row for row in reversed(rows)}
    running = {row.arrival_day for row in rows if row.begun_at}
    times: dict[str, list[datetime | None]] = defaultdict(list)
    for row in rows:
        times[row.arrival_day] += [row.begun_at, row.newest_at, row.ended_at]
    for row in _newest_ends(engine, first.keys()):
        times[row.arrival_day].append(row.ended_at)
    return [
        WaitingDay(
            row.stage,
            date.fromisoformat(day),
            row.items,
            row.queued_at,
            max(at for at in times[day] if at),
            day in running,
        )
        for day, row in sorted(first.items())
        if row.queued_at is not None
    ]


def _unfinished(
    table: Table,
) -> Select[tuple[str, str, int, datetime, datetime, datetime, datetime]]:
    running = case((table.c.state == "running", table.c.started_at))
    return (
        select(
            table.c.stage,
            table.c.arrival_day,
            func.count().label("items"),
            func.min(table.c.queued_at).label("queued_at"),
            func.max(table.c.queued_at).label("newest_at"),
            func.max(running).label("begun_at"),
            func.max(table.c.finished_at).label("ended_at"),
        )
        .where(is_unfinished(table))
        .group_by(table.c.stage, table.c.arrival_day)
    )


def _newest_ends(engine: Engine, days: Collection[str]) -> Iterator[Row[Any]]:
    """When any stage last finished something of the days."""
    for table in _TABLES:
        ended_at = func.max(table.c.finished_at).label("ended_at")
        ended = select(table.c.arrival_day, ended_at).where(
            table.c.stage.in_(STAGES), table.c.state.in_(ENDED)
        )
        for chunk in chunks(sorted(days)):
            of_days = ended.where(table.c.arrival_day.in_(chunk))
            yield from fetch(engine, of_days.group_by(table.c.arrival_day))
