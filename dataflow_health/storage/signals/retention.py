"""Bounds of the database of live signals: what is older, or one too many, is deleted."""

from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import Connection, Engine, Table, delete, func, select

from dataflow_health.storage.signals import progress
from dataflow_health.storage.signals.signal_database import MINUTE_US, keeping
from dataflow_health.storage.signals.tables import crossing, hour, minute, point, signal, unsummed
from dataflow_health.storage.sql.database import reading

_US = timedelta(microseconds=1)


class Retention(NamedTuple):
    """How long live signals are kept.

    Attributes:
        points: Age up to which every point is kept.
        minutes: The same for sums by minute.
        hours: The same for sums by hour, and for crossings of limits.
        most_points: Most points; the oldest minutes go first.
    """

    points: timedelta
    minutes: timedelta
    hours: timedelta
    most_points: int

    def oldest_us(self, now_us: int) -> int:
        """Oldest time of a point that is accepted, microseconds since 1970."""
        return now_us - self.points // _US


def apply(engine: Engine, kept: Retention, now_us: int) -> int:
    """Deletes what need not be kept; a point only after its minute was summed up.

    Args:
        engine: Database of the signals.
        kept: What is kept.
        now_us: Current time, microseconds since 1970.

    Returns:
        Begin of the points that are kept, microseconds since 1970.

    Raises:
        DatabaseError: The database does not answer.
    """
    with reading(engine) as connection:
        excess_us = _begin_of_newest(connection, kept.most_points)
        waiting_us = connection.execute(select(func.min(unsummed.c.at_us))).scalar()
        ids = list(connection.execute(select(signal.c.id)).scalars())
    wanted_us = max(kept.oldest_us(now_us), excess_us)
    begin_us = wanted_us - wanted_us % MINUTE_US
    if waiting_us is not None:
        begin_us = min(begin_us, waiting_us)
    with keeping(engine) as connection:
        begin_us = max(begin_us, progress.read(connection, progress.POINTS_FROM) or 0)
        progress.write(connection, progress.POINTS_FROM, begin_us)
    # One signal a transaction: points that arrive wait for one of them, not for all.
    for signal_id in ids:
        with keeping(engine) as connection:
            _delete(connection, point, signal_id, begin_us)
            _delete(connection, minute, signal_id, now_us - kept.minutes // _US)
            _delete(connection, hour, signal_id, now_us - kept.hours // _US)
    oldest_us = now_us - kept.hours // _US
    with keeping(engine) as connection:
        connection.execute(delete(crossing).where(crossing.c.end_us < oldest_us))
        connection.execute(delete(signal).where(signal.c.last_us < oldest_us))
    return begin_us


def _delete(connection: Connection, table: Table, signal_id: int, before_us: int) -> None:
    connection.execute(
        delete(table).where(table.c.signal_id == signal_id, table.c.at_us < before_us)
    )


def _begin_of_newest(connection: Connection, most: int) -> int:
    """First minute of the newest points of that number, by the sums; 0 when there are fewer."""
    by_minute = (
        select(minute.c.at_us, func.sum(minute.c.points))
        .join(signal, minute.c.signal_id == signal.c.id)
        .where(minute.c.at_us >= (progress.read(connection, progress.POINTS_FROM) or 0))
        .group_by(minute.c.at_us)
        .order_by(minute.c.at_us.desc())
    )
    counted = 0
    for at_us, points in connection.execute(by_minute):
        counted += points
        if counted > most:
            return int(at_us) + MINUTE_US
    return 0
