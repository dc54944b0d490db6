"""When scrub last read each share of the lake: the one that waits longest is the next."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, delete, func, select, update

from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import fetch, insert_new

_share = tables.scrub_share


def due(engine: Engine, parts: int, at: datetime) -> list[int]:
    """Numbers of the shares to read now: the one that waits longest, and an overdue one besides.

    Each share has its hour. One that has waited for longer than all of them together is overdue, as
    when the machine was off: then two are read, until all are in time again.

    Args:
        engine: Database of the ledger.
        parts: Number of shares; another number than before makes new ones, which wait as long.
        at: Current time, UTC.

    Raises:
        DatabaseError: The database does not answer.
    """
    with writing(engine) as connection:
        waiting = _prepare(connection, parts, at)
    first, *others = sorted(waiting, key=lambda number: (waiting[number], number))
    overdue = [each for each in others[:1] if waiting[each] < at - timedelta(hours=parts)]
    return [first, *overdue]


def mark_read(engine: Engine, number: int, at: datetime) -> None:
    """Saves that a share was read.

    Raises:
        DatabaseError: The database does not answer.
    """
    with writing(engine) as connection:
        row = update(_share).where(_share.c.number == number)
        connection.execute(row.values(waits_since_at=at))


def mark_all_read(engine: Engine, at: datetime) -> None:
    """Saves that all shares were read.

    Raises:
        DatabaseError: The database does not answer.
    """
    with writing(engine) as connection:
        connection.execute(update(_share).values(waits_since_at=at))


def longest_wait_since(engine: Engine) -> datetime | None:
    """Since when the share that waits longest was not read; None before the first scrub.

    Raises:
        DatabaseError: The database does not answer.
    """
    [row] = fetch(engine, select(func.min(_share.c.waits_since_at).label("at")))
    oldest: datetime | None = row.at
    return oldest


def _prepare(connection: Connection, parts: int, at: datetime) -> Mapping[int, datetime]:
    """Since when each share waits; makes them at the first call and for another number."""
    rows = connection.execute(select(_share)).all()
    if {row.parts for row in rows} == {parts}:
        return {row.number: row.waits_since_at for row in rows}
    since = min((row.waits_since_at for row in rows), default=at)
    connection.execute(delete(_share))
    new = [{"number": n, "parts": parts, "waits_since_at": since} for n in range(parts)]
    insert_new(connection, _share, new)
    return dict.fromkeys(range(parts), since)
