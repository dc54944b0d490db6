"""Loading results and looking them up with and without partitions by month, in one server.

Both sides take turns; the times are the fastest of five. A partition costs a page some planning,
and saves a load the large indexes.
"""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.schema import CreateTable

from benchmarks.measure import Measurement
from benchmarks.postgresql import serve
from dataflow_health.storage.queries.findings import FindingFilter, read_page
from dataflow_health.storage.records import results
from dataflow_health.storage.records.results import FindingRow, RunRow
from dataflow_health.storage.sql import database, partitions, tables

ALGORITHMS, FINDINGS, DAYS_A_MONTH, TURNS = 50, 2, 4, 5
SIZE, QUICK = (60, 40), (6, 5)
"""Months of history, and recordings of a day."""
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BATCH = 200
"""Recordings of one transaction, as the stage loads them."""

TRIGGERS = """
SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = :name ::regclass AND NOT tgisinternal
"""

Batch = tuple[str, Sequence[str], Sequence[RunRow], Sequence[FindingRow]]


def run(*, quick: bool = False) -> list[Measurement]:
    """Fills both sides with the same history, and measures one more day and some pages."""
    months, recordings = QUICK if quick else SIZE
    number = months * DAYS_A_MONTH * recordings * ALGORITHMS * FINDINGS
    with serve() as url:
        sides = {name: _filled(url, name, months, recordings) for name in ("one", "months")}
        print(f"{number:,} findings of {months} months are there twice", flush=True)
        fresh = [_batch(NOW + timedelta(days=n), BATCH) for n in range(TURNS)]
        measured: dict[str, Callable[[Engine, int], Any]] = {
            f"load of {BATCH} recordings": lambda side, n: _load(side, fresh[n]),
            f"load of the same {BATCH} again": lambda side, n: _load(side, fresh[n]),
            "newest page of findings": lambda side, _: read_page(side, FindingFilter()),
            "page of an aircraft": lambda side, _: read_page(side, FindingFilter(tail="HB-ZA1")),
        }
        rows = [
            _row(f"{name}, {months} partitions", _in_turn(sides, work))
            for name, work in measured.items()
        ]
        for side in sides.values():
            side.dispose()
    return rows


def _row(name: str, times: dict[str, float]) -> Measurement:
    ratio = times["one"] / times["months"]
    return Measurement(name, times["months"] * 1000, "ms", ratio, "one table")


def _in_turn(sides: dict[str, Engine], measured: Callable[[Engine, int], Any]) -> dict[str, float]:
    """Fastest of the turns of each side, in seconds."""
    found: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(TURNS):
        for name, side in sides.items():
            begun = time.perf_counter()
            measured(side, turn)
            found[name].append(time.perf_counter() - begun)
    return {name: min(seconds) for name, seconds in found.items()}


def _filled(url: str, name: str, months: int, recordings: int) -> Engine:
    """A database of its own with a history; ``one`` has plain tables."""
    admin = database.connect(url)
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    admin.dispose()
    engine = database.connect(url.replace("/postgres?", f"/{name}?"))
    database.upgrade(engine)
    if name == "one":
        _make_plain(engine)
    for month in range(months):
        for day in range(DAYS_A_MONTH):
            at = NOW - timedelta(days=30 * month + 7 * day + 1)
            _load(engine, _batch(at, recordings), prepares=name != "one")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    return engine


def _make_plain(engine: Engine) -> None:
    """Replaces the tables by ones without partitions, with the same indexes and triggers.

    The views for analysts go: nothing here reads them.
    """
    with database.writing(engine) as connection:
        for table in (tables.algorithm_run, tables.finding):
            plain = str(CreateTable(table).compile(engine)).partition(" PARTITION BY ")[0]
            triggers = connection.execute(text(TRIGGERS), {"name": table.name}).scalars().all()
            connection.execute(text(f"DROP TABLE {table.name} CASCADE"))
            connection.execute(text(plain))
            for index in table.indexes:
                index.create(connection)
            for trigger in triggers:
                connection.exec_driver_sql(trigger)


def _load(engine: Engine, batch: Batch, *, prepares: bool = True) -> None:
    if prepares and engine.url.database == "months":
        partitions.prepare(engine, batch[0])
    with database.writing(engine) as connection:
        results.replace(connection, *batch)


def _batch(at: datetime, recordings: int) -> Batch:
    """Recordings of a day, whose results every algorithm has, with some findings each."""
    day = at.date().isoformat()
    ids = [f"{at.timestamp():020.0f}{n:044}" for n in range(recordings)]
    runs = [
        RunRow(id_, f"a{k}", "1", "1", f"HB-ZA{n % 70}", day, "found", "", FINDINGS, at)
        for n, id_ in enumerate(ids)
        for k in range(ALGORITHMS)
    ]
    found = [
        FindingRow(run.recording_id, run.algorithm, n, run.tail, day, "warning", n * 60.0,
                   n * 60.0 + 7.5, at + timedelta(seconds=n * 60), 107.1, 3.0, "max 107.1")
        for run in runs
        for n in range(FINDINGS)
    ]  # fmt: skip
    return day, ids, runs, found
