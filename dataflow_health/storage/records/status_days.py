"""Seconds of every process in every status, by UTC day.

A year of one process is a few hundred rows, however often its status changes.
"""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy import Engine, select

from dataflow_health.health.status import Status
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import reading, writing
from dataflow_health.storage.sql.statements import add_to


class StatusDayKey(NamedTuple):
    """One process in one status on one day."""

    day: date
    process: str
    status: Status


def add(engine: Engine, seconds: Mapping[StatusDayKey, float]) -> None:
    """Adds seconds to what is saved.

    Raises:
        DatabaseError: The database does not answer.
    """
    rows = [
        {
            "day": key.day.isoformat(),
            "process": key.process,
            "status": key.status.value,
            "seconds": number,
        }
        for key, number in seconds.items()
    ]
    if rows:
        with writing(engine) as connection:
            add_to(connection, tables.status_day, rows)


def read(engine: Engine, first_day: date) -> dict[StatusDayKey, float]:
    """Seconds on a day and all later ones.

    Raises:
        DatabaseError: The database does not answer.
    """
    table = tables.status_day
    statement = select(table).where(table.c.day >= first_day.isoformat())
    with reading(engine) as connection:
        rows = connection.execute(statement).all()
    return {
        StatusDayKey(date.fromisoformat(row.day), row.process, Status(row.status)): row.seconds
        for row in rows
    }
