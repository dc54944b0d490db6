"""History of process status: append-only rows, read by position or as of a time."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CTE, Connection, Engine, Row, Select, func, insert, select, text

from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import reading, writing

ABSENT = ""
"""Status of a process before its first row, and of a process that is no longer declared."""


@dataclass(frozen=True, slots=True)
class StatusChangeRow:
    """One row of the history.

    Attributes:
        process: Name of the process.
        from_status: Status before, or :data:`ABSENT`.
        to_status: Status after; equal to ``from_status`` when only the causes changed.
        reason: Reason in one line.
        at: Time of the change, UTC.
        fingerprint: Hash of status and causes.
        health: Health of the process as reported.
        id: Position in the history; 0 until the row is saved.
    """

    process: str
    from_status: str
    to_status: str
    reason: str
    at: datetime
    fingerprint: str
    health: Mapping[str, Any]
    id: int = 0


@contextmanager
def writing_in_order(engine: Engine) -> Iterator[Connection]:
    """A transaction that no other writer of the history overlaps.

    Ids are therefore in the order of commits: a reader that has seen an id misses no lower one.
    SQLite has a single writer anyway.

    Raises:
        DatabaseError: The database does not answer.
    """
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            lock = "LOCK TABLE status_change IN SHARE ROW EXCLUSIVE MODE"
            connection.execute(text(lock))
        yield connection


def append(connection: Connection, rows: Sequence[StatusChangeRow]) -> None:
    """Saves rows, inside :func:`writing_in_order`."""
    values = [asdict(row) for row in rows]
    for value in values:
        del value["id"]
    if values:
        connection.execute(insert(tables.status_change), values)


def latest(connection: Connection) -> dict[str, tuple[str, str]]:
    """Present status and fingerprint of every process, by name."""
    table = tables.status_change
    newest = select(func.max(table.c.id)).group_by(table.c.process)
    statement = select(table.c.process, table.c.to_status, table.c.fingerprint).where(
        table.c.id.in_(newest)
    )
    return {row.process: (row.to_status, row.fingerprint) for row in connection.execute(statement)}


def latest_at(connection: Connection) -> dict[str, datetime]:
    """Time of the last change of every process, by name."""
    table = tables.status_change
    statement = select(table.c.process, func.max(table.c.at)).group_by(table.c.process)
    return {name: at for name, at in connection.execute(statement)}


def latest_id(engine: Engine) -> int:
    """Id of the last row; 0 when there is none.

    Raises:
        DatabaseError: The database does not answer.
    """
    with reading(engine) as connection:
        return connection.execute(select(func.max(tables.status_change.c.id))).scalar() or 0


def read_after(engine: Engine, last_id: int, limit: int = 1000) -> list[StatusChangeRow]:
    """Rows after a position, oldest first.

    Raises:
        DatabaseError: The database does not answer.
    """
    table = tables.status_change
    statement = select(table).where(table.c.id > last_id).order_by(table.c.id).limit(limit)
    return _read(engine, statement)


def read_as_of(engine: Engine, at: datetime) -> list[StatusChangeRow]:
    """The row of every process that was in force at a time.

    Raises:
        DatabaseError: The database does not answer.
    """
    table, names = tables.status_change, _processes()
    newest = (
        select(table.c.id)
        .where(table.c.process == names.c.process, table.c.at <= at)
        .order_by(table.c.at.desc(), table.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    ids = select(newest).where(names.c.process.is_not(None))
    return _read(engine, select(table).where(table.c.id.in_(ids)).order_by(table.c.process))


def _processes() -> CTE:
    """Every process in the history, by one step in the index for each, and an empty row."""
    name = tables.status_change.c.process
    found = select(func.min(name).label("process")).cte("processes", recursive=True)
    following = select(func.min(name)).where(name > found.c.process).scalar_subquery()
    return found.union_all(select(following).where(found.c.process.is_not(None)))


def _read(engine: Engine, statement: Select[Any]) -> list[StatusChangeRow]:
    with reading(engine) as connection:
        return [_row(row) for row in connection.execute(statement)]


def _row(row: Row[Any]) -> StatusChangeRow:
    return StatusChangeRow(**row._mapping)
