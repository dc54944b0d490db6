"""Results in SQL: algorithm runs and findings, loaded in bulk.

SQLite takes tuples straight through the driver, PostgreSQL takes COPY: each is several times as
fast as an INSERT of mappings.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Float, Integer, String, Table, Text, delete, insert

from dataflow_health.storage.records import finding_counts, finding_states
from dataflow_health.storage.records.finding_counts import CountKey
from dataflow_health.storage.records.finding_states import NEW
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.column_types import UtcDateTime
from dataflow_health.storage.sql.statements import chunks

POSTGRESQL_TYPES = {
    String: "text",
    Text: "text",
    Integer: "int4",
    Float: "float8",
    UtcDateTime: "timestamptz",
}
"""PostgreSQL type by column type: a binary COPY converts nothing."""


class RunRow(NamedTuple):
    """One row of ``algorithm_run``; its fields are the table's columns."""

    recording_id: str
    algorithm: str
    version: str
    parser_version: str
    tail: str
    arrival_day: str
    outcome: str
    reason: str
    findings: int
    uploaded_at: datetime


class FindingRow(NamedTuple):
    """One row of ``finding``; its fields are the table's columns."""

    recording_id: str
    algorithm: str
    number: int
    tail: str
    arrival_day: str
    severity: str
    start_s: float
    end_s: float
    start_at: datetime | None
    peak: float | None
    peak_at_s: float | None
    detail: str
    state: str = NEW


class FlightRow(NamedTuple):
    """One row of ``analysed_flight``; its fields are the table's columns."""

    recording_id: str
    tail: str
    month: str
    flown_s: float


def replace(
    connection: Connection,
    day: str,
    recording_ids: Sequence[str],
    runs: Sequence[RunRow],
    findings: Sequence[FindingRow],
    flights: Sequence[FlightRow] = (),
) -> None:
    """Replaces all runs and findings of some recordings, and their counts by month.

    Findings that were judged have their state again, if they are the same.

    Args:
        connection: An open transaction.
        day: Arrival day of the recordings.
        recording_ids: The recordings, including those without any run or finding.
        runs: Their algorithm runs.
        findings: Their findings.
        flights: Their time in the air.
    """
    before = finding_counts.of_recordings(connection, day, recording_ids)
    now = (
        CountKey(finding_counts.month(each.start_at), each.algorithm, each.tail, each.severity)
        for each in findings
    )
    finding_counts.change(connection, before, now)
    for chunk in chunks(recording_ids):
        for table in (tables.finding, tables.algorithm_run):
            of_day = table.c.arrival_day == day  # the only partition that can have them
            connection.execute(delete(table).where(of_day, table.c.recording_id.in_(chunk)))
        flight = tables.analysed_flight
        connection.execute(delete(flight).where(flight.c.recording_id.in_(chunk)))
    bulk_insert(connection, tables.algorithm_run, runs)
    bulk_insert(connection, tables.finding, findings)
    finding_states.renew(connection, day, finding_states.judged(connection, recording_ids))
    bulk_insert(connection, tables.analysed_flight, flights)


def bulk_insert(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Inserts rows in the table's column order in the fastest way that its database has."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        _copy(connection, table, rows)
    else:
        statement = str(insert(table).compile(dialect=connection.dialect))
        connection.exec_driver_sql(statement, _sqlite_rows(table, rows))


def _sqlite_rows(table: Table, rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rows with times as SQLAlchemy writes them to SQLite: UTC without a time zone."""
    times = [n for n, column in enumerate(table.columns) if isinstance(column.type, UtcDateTime)]
    written = [list(row) for row in rows]
    for row in written:
        for place in times:
            row[place] = row[place] and _sqlite_time(row[place])
    return list(map(tuple, written))


@lru_cache(maxsize=1024)
def _sqlite_time(time: datetime) -> str:
    return time.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _copy(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    from psycopg import sql

    names = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
    into = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)")
    target = into.format(sql.Identifier(table.name), names)
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(target) as copy:
        copy.set_types([POSTGRESQL_TYPES[type(column.type)] for column in table.columns])
        for row in rows:
            copy.write_row(row)
