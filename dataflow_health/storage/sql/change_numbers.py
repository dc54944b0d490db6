"""Numbers of changes, by which a reader finds the rows that were written since it last read.

Every row has the number of the transaction that wrote it last. SQLite has one writer at a time, so
its numbers are counted up; PostgreSQL has its transactions' own numbers, which are not committed in
order: a reader begins again at the oldest transaction that was still open when it last read.
"""

from sqlalchemy import Column, Connection, func, select, text

_OWN = text("SELECT CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT)")
_OLDEST_OPEN = text("SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT)")

_DATABASE = text(
    "SELECT system_identifier || ' ' || (SELECT oid FROM pg_database"
    " WHERE datname = current_database()) FROM pg_control_system()"
)


def current(connection: Connection, column: Column[int]) -> int:
    """The number of an open transaction, for the rows that it writes.

    Args:
        connection: An open transaction that writes.
        column: The column of change numbers.
    """
    if connection.dialect.name == "postgresql":
        return int(connection.execute(_OWN).scalar_one())
    return _following(connection, column)


def next_unread(connection: Connection, column: Column[int]) -> int:
    """The lowest number of a transaction that a snapshot does not see whole.

    The rows that a later snapshot has and this one has not, have this number or a higher one.

    Args:
        connection: A snapshot.
        column: The column of change numbers.
    """
    if connection.dialect.name == "postgresql":
        return int(connection.execute(_OLDEST_OPEN).scalar_one())
    return _following(connection, column)


def _following(connection: Connection, column: Column[int]) -> int:
    highest: int | None = connection.execute(select(func.max(column))).scalar_one()
    return (highest or 0) + 1


def database_of(connection: Connection) -> str:
    """Name of the database whose numbers these are: another server counts from 1 again.

    Empty for SQLite, whose numbers are in the rows.
    """
    if connection.dialect.name != "postgresql":
        return ""
    return str(connection.execute(_DATABASE).scalar_one())
