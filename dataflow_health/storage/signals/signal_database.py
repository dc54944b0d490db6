"""The database of live signals: connection, tables and the time that they are stored in."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine, func, inspect, select

from dataflow_health.storage.signals.tables import metadata, signal
from dataflow_health.storage.sql import database

MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US

LOCK_KEY = 0x51612A1
"""Advisory lock of the work on signals; any fixed number."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def create_tables(engine: Engine) -> None:
    """Makes the tables that are missing.

    Raises:
        DatabaseError: The database does not answer.
    """
    with keeping(engine) as connection:
        metadata.create_all(connection)


@contextmanager
def keeping(engine: Engine) -> Iterator[Connection]:
    """A transaction of the work on signals, of which one process at a time does any.

    Raises:
        DatabaseError: The database does not answer.
    """
    with database.writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(LOCK_KEY)))
        yield connection


def has_tables(engine: Engine) -> bool:
    """Whether a signal was ever stored here, or could be.

    Raises:
        DatabaseError: The database does not answer.
    """
    with database.reading(engine) as connection:
        return inspect(connection).has_table(signal.name)


def to_us(at: datetime) -> int:
    """Microseconds since 1970, UTC, without rounding."""
    return (at - _EPOCH) // _MICROSECOND


def from_us(at_us: int) -> datetime:
    """Time of a number of microseconds since 1970, UTC."""
    return _EPOCH + at_us * _MICROSECOND
