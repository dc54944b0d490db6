"""Findings of the algorithms on live signals."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Engine, select, update

from dataflow_health.storage.signals import progress
from dataflow_health.storage.signals.signal_database import keeping
from dataflow_health.storage.signals.tables import crossing
from dataflow_health.storage.sql.database import reading
from dataflow_health.storage.sql.statements import fetch_as, upsert


class CrossingRow(NamedTuple):
    """A finding on live signals; times in microseconds since 1970."""

    algorithm: str
    start_us: int
    end_us: int
    peak: float | None
    severity: str
    detail: str
    version: str
    is_open: bool


_COLUMNS = [crossing.c[name] for name in CrossingRow._fields]


def find(engine: Engine, from_us: int | None, to_us: int | None, limit: int) -> list[CrossingRow]:
    """Findings that touch a range, newest first.

    Raises:
        DatabaseError: The database does not answer.
    """
    statement = select(*_COLUMNS).order_by(crossing.c.end_us.desc(), crossing.c.algorithm)
    if from_us is not None:
        statement = statement.where(crossing.c.end_us >= from_us)
    if to_us is not None:
        statement = statement.where(crossing.c.start_us < to_us)
    return fetch_as(CrossingRow, engine, statement.limit(limit))


def find_open(engine: Engine) -> list[CrossingRow]:
    """Findings whose condition held at the newest points.

    Raises:
        DatabaseError: The database does not answer.
    """
    statement = select(*_COLUMNS).where(crossing.c.is_open).order_by(crossing.c.algorithm)
    return fetch_as(CrossingRow, engine, statement)


def save(engine: Engine, found: Sequence[CrossingRow], now_us: int) -> None:
    """Saves findings; those that were open and are none of them are closed.

    Args:
        engine: Database of the signals.
        found: Findings of the newest points.
        now_us: Time of the comparison, microseconds since 1970.

    Raises:
        DatabaseError: The database does not answer.
    """
    with keeping(engine) as connection:
        connection.execute(update(crossing).where(crossing.c.is_open).values(is_open=False))
        upsert(connection, crossing, [row._asdict() for row in found])
        progress.write(connection, progress.COMPARED, now_us)


def compared_us(engine: Engine) -> int | None:
    """When signals were last compared with their limits; None when they never were.

    Raises:
        DatabaseError: The database does not answer.
    """
    with reading(engine) as connection:
        return progress.read(connection, progress.COMPARED)
