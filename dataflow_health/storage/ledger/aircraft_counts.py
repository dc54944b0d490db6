"""Recordings by aircraft: kept by triggers, or counted anew."""

from sqlalchemy import Connection, Engine, delete, func, insert, select

from dataflow_health.storage.sql import day_count_triggers, server_limits, tables
from dataflow_health.storage.sql.database import reading, snapshot, writing

_table = tables.aircraft_count


def read(engine: Engine) -> dict[str, int]:
    """Number of recordings of every aircraft that has some.

    Raises:
        DatabaseError: The database does not answer.
    """
    with reading(engine) as connection:
        return _read(connection)


def _read(connection: Connection) -> dict[str, int]:
    found = connection.execute(select(_table.c.tail, _table.c.number).where(_table.c.number != 0))
    return {tail: number for tail, number in found}


def _recount(connection: Connection) -> dict[str, int]:
    tail = tables.recording.c.tail
    return {each: n for each, n in connection.execute(select(tail, func.count()).group_by(tail))}


def wrong(engine: Engine) -> list[str]:
    """Aircraft whose count differs from a count of every recording, in order.

    Its cost grows with the history.

    Raises:
        DatabaseError: The database does not answer.
    """
    with snapshot(engine) as connection:
        server_limits.lift(connection)
        different = _read(connection).items() ^ _recount(connection).items()
    return sorted({tail for tail, _ in different})


def repair(engine: Engine) -> list[str]:
    """Sets counts that differ from a count of every recording right; returns their aircraft.

    Raises:
        DatabaseError: The database does not answer.
    """
    found = wrong(engine)
    if found:
        with writing(engine) as connection:
            server_limits.lift(connection)
            day_count_triggers.lock_counts(connection)
            rows = [{"tail": tail, "number": n} for tail, n in _recount(connection).items()]
            connection.execute(delete(_table))
            if rows:
                connection.execute(insert(_table), rows)
    return found
