"""Sums of live signals by minute and hour, made again from the points whenever one was added."""

from typing import Any

from sqlalchemy import Connection, Engine, Select, Table, delete, func, insert, select

from dataflow_health.storage.signals import progress
from dataflow_health.storage.signals.signal_database import HOUR_US, MINUTE_US, keeping
from dataflow_health.storage.signals.tables import hour, minute, point, signal, unsummed
from dataflow_health.storage.sql.database import reading

MINUTES_AT_ONCE = 10
"""Minutes summed up in one transaction, which locks an SQLite database against new points."""


def sum_up(engine: Engine, before_us: int) -> int:
    """Sums up finished minutes that have points the sums do not hold yet.

    Args:
        engine: Database of the signals.
        before_us: Only minutes that ended before this time, microseconds since 1970.

    Returns:
        Number of minutes. One whose points were partly deleted meanwhile keeps its sums.

    Raises:
        DatabaseError: The database does not answer.
    """
    waiting = (
        select(unsummed.c.at_us)
        .where(unsummed.c.at_us <= before_us - MINUTE_US)
        .order_by(unsummed.c.at_us)
        .limit(MINUTES_AT_ONCE)
    )
    with reading(engine) as connection:
        if not connection.execute(waiting.limit(1)).all():
            return 0
    with keeping(engine) as connection:
        minutes = list(connection.execute(waiting).scalars())
        points_from_us = progress.read(connection, progress.POINTS_FROM) or 0
        whole = [at_us for at_us in minutes if at_us >= points_from_us]
        for at_us in whole:
            _replace(connection, minute, at_us, MINUTE_US, _of_points(at_us))
        for at_us in sorted({each - each % HOUR_US for each in whole}):
            _replace(connection, hour, at_us, HOUR_US, _of_minutes(at_us))
        connection.execute(delete(unsummed).where(unsummed.c.at_us.in_(minutes)))
    return len(minutes)


def _replace(
    connection: Connection, tier: Table, at_us: int, width_us: int, sums: Select[Any]
) -> None:
    """Writes one span of all signals anew."""
    ids = select(signal.c.id)
    is_span = (tier.c.signal_id.in_(ids), tier.c.at_us >= at_us, tier.c.at_us < at_us + width_us)
    connection.execute(delete(tier).where(*is_span))
    names = ["signal_id", "at_us", "points", "total", "low", "high"]
    connection.execute(insert(tier).from_select(names, sums))


def _of_points(at_us: int) -> Select[Any]:
    value = point.c.value
    columns = func.count(), func.sum(value), func.min(value), func.max(value)
    return _by_signal(point, at_us, MINUTE_US, *columns)


def _of_minutes(at_us: int) -> Select[Any]:
    columns = func.sum(minute.c.points), func.sum(minute.c.total)
    return _by_signal(
        minute, at_us, HOUR_US, *columns, func.min(minute.c.low), func.max(minute.c.high)
    )


def _by_signal(table: Table, at_us: int, width_us: int, *columns: Any) -> Select[Any]:  # noqa: ANN401
    """Sums by signal; the join reads each signal's own range by the key of the table."""
    return (
        select(signal.c.id, func.min(table.c.at_us) * 0 + at_us, *columns)
        .join(table, table.c.signal_id == signal.c.id)
        .where(table.c.at_us >= at_us, table.c.at_us < at_us + width_us)
        .group_by(signal.c.id)
    )
