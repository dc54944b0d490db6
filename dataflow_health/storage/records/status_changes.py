"""The history of process status: append-only rows, read back by id or as of an instant."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, func, insert, select, text

from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import reading, writing

GONE = ""
"""Status of a process that is not there: before its first row, and after its last."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the history.

    Attributes:
        process: Whose.
        from_status: Its status before; :data:`GONE` when it was not there.
        to_status: Its status from then on; the same as before when only its causes changed.
        reason: Why, in one line.
        at: When, UTC.
        mark: Differs when status or causes do.
        told: Its health as it was reported.
        id: Place in the history; 0 until it is written.
    """

    process: str
    from_status: str
    to_status: str
    reason: str
    at: datetime
    mark: str
    told: Mapping[str, Any]
    id: int = 0


@contextmanager
def appending(engine: Engine) -> Iterator[Connection]:
    """A transaction that no other writer of history overlaps, so that ids follow commits.

    SQLite has one writer anyway. A reader that has seen an id therefore never misses a lower one.
    """
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            lock = "LOCK TABLE transition IN SHARE ROW EXCLUSIVE MODE"
            connection.execute(text(lock))
        yield connection


def append(connection: Connection, rows: Sequence[Transition]) -> None:
    """Writes rows; inside :func:`appending`."""
    values = [asdict(row) for row in rows]
    for value in values:
        del value["id"]
    if values:
        connection.execute(insert(tables.transition), values)


def marks(connection: Connection) -> dict[str, tuple[str, str]]:
    """Status and mark of every process now, by name."""
    table = tables.transition
    newest = select(func.max(table.c.id)).group_by(table.c.process)
    statement = select(table.c.process, table.c.to_status, table.c.mark).where(
        table.c.id.in_(newest)
    )
    return {row.process: (row.to_status, row.mark) for row in connection.execute(statement)}


def newest_at(connection: Connection) -> dict[str, datetime]:
    """When each process last changed, by name."""
    table = tables.transition
    statement = select(table.c.process, func.max(table.c.at)).group_by(table.c.process)
    return {name: at for name, at in connection.execute(statement)}


def newest_id(engine: Engine) -> int:
    """Id of the last row, 0 when there is none."""
    with reading(engine) as connection:
        return connection.execute(select(func.max(tables.transition.c.id))).scalar() or 0


def after(engine: Engine, last_id: int, most: int = 1000) -> list[Transition]:
    """Rows after one, oldest first."""
    table = tables.transition
    statement = select(table).where(table.c.id > last_id).order_by(table.c.id).limit(most)
    return _read(engine, statement)


def standing(engine: Engine, at: datetime) -> list[Transition]:
    """The row of every process that held at an instant."""
    table = tables.transition
    place = func.row_number().over(
        partition_by=table.c.process, order_by=(table.c.at.desc(), table.c.id.desc())
    )
    ranked = select(table, place.label("place")).where(table.c.at <= at).subquery()
    columns = [ranked.c[column.name] for column in table.columns]
    return _read(engine, select(*columns).where(ranked.c.place == 1))


def _read(engine: Engine, statement: Select[Any]) -> list[Transition]:
    with reading(engine) as connection:
        return [_transition(row) for row in connection.execute(statement)]


def _transition(row: Row[Any]) -> Transition:
    return Transition(**row._mapping)
