"""Answers in SQL: every recording by every algorithm, and what was found, loaded in bulk.

SQLite takes tuples straight through the driver, PostgreSQL takes COPY: each is several times as
fast as inserting mappings.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Float, Integer, String, Table, Text, delete, insert

from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import chunks
from dataflow_health.storage.sql.tables import Instant

IN_POSTGRESQL = {
    String: "text",
    Text: "text",
    Integer: "int4",
    Float: "float8",
    Instant: "timestamptz",
}
"""A binary COPY converts nothing, so it must be told what each value is."""


def replace(
    connection: Connection,
    recordings: Sequence[str],
    runs: Sequence[tuple[Any, ...]],
    findings: Sequence[tuple[Any, ...]],
) -> None:
    """Puts the answers about recordings in the place of whatever was there.

    Args:
        connection: Inside a transaction.
        recordings: Ids of all recordings meant.
        runs: Rows of ``algorithm_run``, in its columns' order.
        findings: Rows of ``finding``, in its columns' order.
    """
    for table in (tables.finding, tables.algorithm_run):
        for chunk in chunks(recordings):
            connection.execute(delete(table).where(table.c.recording_id.in_(chunk)))
    bulk_insert(connection, tables.algorithm_run, runs)
    bulk_insert(connection, tables.finding, findings)


def bulk_insert(connection: Connection, table: Table, values: Sequence[tuple[Any, ...]]) -> None:
    """Inserts tuples in the table's column order by the fastest way its database has."""
    if not values:
        return
    if connection.dialect.name == "postgresql":
        _copy(connection, table, values)
    else:
        statement = str(insert(table).compile(dialect=connection.dialect))
        connection.exec_driver_sql(statement, [_plain(row) for row in values])


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Instants as SQLAlchemy itself writes them to SQLite: UTC without a zone."""
    return tuple(
        value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
        if isinstance(value, datetime)
        else value
        for value in row
    )


def _copy(connection: Connection, table: Table, values: Sequence[tuple[Any, ...]]) -> None:
    from psycopg import sql

    names = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
    into = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)")
    target = into.format(sql.Identifier(table.name), names)
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(target) as copy:
        copy.set_types([IN_POSTGRESQL[type(column.type)] for column in table.columns])
        for row in values:
            copy.write_row(row)
