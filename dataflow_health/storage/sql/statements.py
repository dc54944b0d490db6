"""Statements that SQLite and PostgreSQL share: insert-or-skip, upsert, and reads as typed rows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    FromClause,
    Row,
    Select,
    Table,
)
from sqlalchemy.dialects import sqlite

from dataflow_health.storage.sql.database import reading

Values = Mapping[str, Any]
"""Column values of one row to write."""

CHUNK = 500
"""Ids in one statement: below SQLite's limit of bound parameters."""

T = TypeVar("T")
TypedRow = TypeVar("TypedRow", bound=NamedTuple)


def insert_new(connection: Connection, table: Table, rows: Sequence[Values]) -> None:
    """Inserts rows; a row whose primary key exists is skipped."""
    if rows:
        connection.execute(_insert(connection, table).on_conflict_do_nothing(), list(rows))


def upsert(connection: Connection, table: Table, rows: Sequence[Values]) -> None:
    """Inserts rows; where the primary key exists, the given columns are replaced.

    Args:
        connection: An open transaction.
        table: The table to write to.
        rows: All with the same columns as the first.
    """
    _merge(connection, table, rows, lambda _name, given: given)


def add_to(connection: Connection, table: Table, rows: Sequence[Values]) -> None:
    """Inserts rows; where the primary key exists, the other columns grow by the given numbers.

    Args:
        connection: An open transaction.
        table: The table to write to.
        rows: All with the same columns as the first.
    """
    _merge(connection, table, rows, lambda name, given: table.c[name] + given)


def _merge(
    connection: Connection,
    table: Table,
    rows: Sequence[Values],
    change: Callable[[str, ColumnElement[Any]], ColumnElement[Any]],
) -> None:
    """Inserts rows; where the primary key exists, each column gets what its given value makes."""
    if not rows:
        return
    statement = _insert(connection, table)
    keys = [column.name for column in table.primary_key]
    changed = {name: change(name, statement.excluded[name]) for name in rows[0] if name not in keys}
    connection.execute(
        statement.on_conflict_do_update(index_elements=keys, set_=changed), list(rows)
    )


def _insert(connection: Connection, table: Table) -> Any:  # noqa: ANN401  (two unrelated types)
    """The dialect's own INSERT, which has ON CONFLICT; PostgreSQL's is slow to import."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    return sqlite.insert(table)


def fetch(engine: Engine, statement: Select[Any]) -> Sequence[Row[Any]]:
    """All rows of a SELECT; columns are attributes of each row.

    Raises:
        DatabaseError: The database does not answer.
    """
    with reading(engine) as connection:
        return connection.execute(statement).all()


def fetch_as(row_type: type[TypedRow], engine: Engine, statement: Select[Any]) -> list[TypedRow]:
    """All rows of a SELECT of :func:`columns`, as a typed row each.

    Raises:
        DatabaseError: The database does not answer.
    """
    with reading(engine) as connection:
        return [row_type._make(row) for row in connection.execute(statement)]


def columns(
    row_type: type[NamedTuple], *sources: FromClause, **given: ColumnElement[Any]
) -> list[ColumnElement[Any]]:
    """The columns of a typed row, in the order of its fields.

    Args:
        row_type: The typed row.
        sources: Tables to look each field up in, by name; the first that has it is taken.
        given: Columns for fields that no table has, or has under another name.

    Raises:
        KeyError: A field is in none of them.
    """
    found: dict[str, ColumnElement[Any]] = {}
    for source in reversed(sources):
        found.update(source.c)
    found.update(given)
    return [found[name].label(name) for name in row_type._fields]


def chunks(items: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """Items in order, at most ``size`` at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
