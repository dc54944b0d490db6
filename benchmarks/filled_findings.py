"""Findings of ten years, written by the database itself: rows of Python would take half an hour.

A flight has ten findings of ten algorithms, each with its algorithm run, and a hundredth of the
flights no known time. Each time the same is written, on either database.
"""

import hashlib
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    inspect,
    text,
)

from benchmarks import filled_ledger
from dataflow_health.storage.records import finding_counts, results
from dataflow_health.storage.records.results import FlightRow
from dataflow_health.storage.sql import partitions, planner_statistics, server_limits, tables
from dataflow_health.storage.sql.column_types import ArrivalDay, Digest, UtcDateTime
from dataflow_health.storage.sql.database import reading, writing

FINDINGS_PER_FLIGHT = 10
AIRCRAFT, ALGORITHMS, JUDGED = 200, 150, 20_000
DAYS = 3652
FIRST_AT = datetime(2016, 12, 1, tzinfo=UTC)
LAST_AT = FIRST_AT + timedelta(days=DAYS)
FLIGHTS_AT_ONCE = 50_000

_flight = Table(
    "benchmark_flight",
    MetaData(),
    Column("recording_id", Digest),
    Column("tail", String(32)),
    Column("start_at", UtcDateTime),
    Column("arrival_day", ArrivalDay),
    Column("number", Integer),
    Column("drawn", Integer),
    Index("ix_benchmark_flight", "arrival_day"),
)


class _Flight(NamedTuple):
    """One row of the table of flights, from which the findings are made."""

    recording_id: str
    tail: str
    start_at: datetime | None
    arrival_day: str
    number: int
    drawn: int


_FINDINGS = """
INSERT INTO finding (
    recording_id, algorithm, number, tail, arrival_day, severity, start_s, end_s, start_at, peak,
    peak_at_s, detail, state
)
SELECT
    recording_id, 'algorithm_' || substr(CAST(1000 + algorithm AS text), 2), 0, tail, arrival_day,
    CASE algorithm % 5 WHEN 4 THEN 'alert' WHEN 3 THEN 'warning' WHEN 2 THEN 'warning'
    ELSE 'info' END,
    start_s, start_s + 5, {start_at}, 112.5, start_s + 2, 'engine_1_torque_pct 112.5',
    CASE WHEN k > 0 OR number % {judged_every} > 0 THEN 'new'
    WHEN number % 2 = 0 THEN 'dismissed' ELSE 'confirmed' END
FROM (
    SELECT benchmark_flight.*, k, (drawn + k * 7) % {algorithms} AS algorithm,
        (drawn * 7 + k * 389) % 3600 AS start_s
    FROM benchmark_flight CROSS JOIN ({positions}) AS position
    WHERE arrival_day >= '{first}' AND arrival_day < '{end}'
) AS made
ORDER BY arrival_day
"""

_RUNS = """
INSERT INTO algorithm_run (
    recording_id, algorithm, version, parser_version, tail, arrival_day, outcome, reason, findings,
    uploaded_at
)
SELECT recording_id, algorithm, 'v1', 'p1', tail, arrival_day, 'found', '', 1, {uploaded_at}
FROM finding WHERE arrival_day >= '{first}' AND arrival_day < '{end}'
"""

_JUDGEMENTS = """
INSERT INTO finding_triage (
    recording_id, algorithm, start_s, detail, severity, state, reason, operator, judged_at
)
SELECT recording_id, algorithm, start_s, detail, severity, state, 'a spike of the sensor', 'anna',
    {uploaded_at}
FROM finding WHERE arrival_day >= '{first}' AND arrival_day < '{end}' AND state != 'new'
"""

_TIMES = {
    "sqlite": {
        "start_at": (
            "strftime('%Y-%m-%d %H:%M:%S', start_at, '+' || start_s || ' seconds') || '.000000'"
        ),
        "uploaded_at": "arrival_day || ' 12:00:00.000000'",
    },
    "postgresql": {
        "start_at": "start_at + start_s * interval '1 second'",
        "uploaded_at": "CAST(arrival_day || ' 12:00:00+00' AS timestamptz)",
    },
}


def fill(engine: Engine, number: int) -> None:
    """Fills an empty database with findings, their runs, flights, counts and judgements."""
    flights = number // FINDINGS_PER_FLIGHT
    _let_be_lost(engine)
    for days in range(0, DAYS + 31, 28):
        partitions.prepare(engine, (FIRST_AT + timedelta(days=days)).date().isoformat())
    _fill_flights(engine, flights)
    print(f"{flights:,} flights are there", flush=True)
    with filled_ledger.without_triggers(engine), _without_indexes(engine):
        for year in range(FIRST_AT.year, LAST_AT.year + 1):
            with _unlimited(engine) as connection:
                _fill_year(connection, year, max(1, flights // JUDGED))
            print(f"the findings of {year} are there", flush=True)
    with _unlimited(engine) as connection:
        finding_counts.recount(connection)
        _flight.drop(connection)
        if inspect(connection).has_table("sqlite_stat1"):  # an installation has no statistics
            connection.exec_driver_sql("DELETE FROM sqlite_stat1")
    planner_statistics.renew(engine)
    engine.dispose()  # the connections of the measurement have their own memory
    print("counts and statistics are there", flush=True)


def _let_be_lost(engine: Engine) -> None:
    """Lets a server of its own not wait for the disk: what is lost in a crash is filled again."""
    if engine.dialect.name == "postgresql":
        with reading(engine) as connection:
            for chosen in ("fsync = off", "full_page_writes = off", "max_wal_size = '1GB'"):
                connection.exec_driver_sql(f"ALTER SYSTEM SET {chosen}")
            connection.exec_driver_sql("SELECT pg_reload_conf()")


def _fill_flights(engine: Engine, number: int) -> None:
    with _unlimited(engine) as connection:
        _flight.create(connection)
        for rows in filled_ledger.batched(_flights(number), FLIGHTS_AT_ONCE):
            results.bulk_insert(connection, _flight, rows)
            flown = [
                FlightRow(each.recording_id, each.tail, finding_counts.month(each.start_at), 3600.0)
                for each in rows
            ]
            results.bulk_insert(connection, tables.analysed_flight, flown)


def _flights(number: int) -> Iterator[_Flight]:
    drawn = random.Random(15)
    for n in range(number):
        at = FIRST_AT + timedelta(seconds=drawn.randrange(DAYS * 86_400))
        yield _Flight(
            recording_id=hashlib.sha256(str(n).encode()).hexdigest(),
            tail=f"HB-Z{drawn.randrange(AIRCRAFT):03d}",
            start_at=at if drawn.random() > 0.01 else None,
            arrival_day=at.date().isoformat(),
            number=n,
            drawn=drawn.randrange(1_000_000),
        )


def _fill_year(connection: Connection, year: int, judged_every: int) -> None:
    """Inserts findings, runs and judgements of the flights that arrived in a year."""
    given = {
        "positions": " UNION ALL ".join(f"SELECT {k} AS k" for k in range(FINDINGS_PER_FLIGHT)),
        "algorithms": str(ALGORITHMS),
        "judged_every": str(judged_every),
        "first": f"{year}-01-01",
        "end": f"{year + 1}-01-01",
        **_TIMES[connection.dialect.name],
    }
    for statement in (_FINDINGS, _RUNS, _JUDGEMENTS):
        once = {"no_parameters": True}
        connection.exec_driver_sql(statement.format(**given), execution_options=once)


@contextmanager
def _unlimited(engine: Engine) -> Iterator[Connection]:
    """A transaction without a server's limits, and with memory for keys in no order."""
    with writing(engine) as connection:
        server_limits.lift(connection)
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '512MB'")
        else:
            connection.exec_driver_sql("PRAGMA cache_size = -2000000")
        yield connection


@contextmanager
def _without_indexes(engine: Engine) -> Iterator[None]:
    """Makes the indexes of findings and runs when all rows are there; SQLite keeps its keys."""
    filled = (tables.finding, tables.algorithm_run)
    has_key = engine.dialect.name == "postgresql"
    with _unlimited(engine) as connection:
        for table in filled:
            if has_key:
                connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT pk_{table}"))
            for index in table.indexes:
                index.drop(connection)
    yield
    for table in filled:
        with _unlimited(engine) as connection:
            if has_key:
                key = ", ".join(column.name for column in table.primary_key)
                added = f"ALTER TABLE {table} ADD CONSTRAINT pk_{table} PRIMARY KEY ({key})"
                connection.execute(text(added))
            for index in table.indexes:
                index.create(connection)
        print(f"the indexes of {table.name} are there", flush=True)
