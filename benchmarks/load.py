"""Load: replacing results in SQL, compared with the bulk insert of SQLAlchemy."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Table, delete, insert, select

from benchmarks import fixtures, postgresql
from benchmarks.measure import Measurement, Target, compare
from dataflow_health.storage.records import results
from dataflow_health.storage.records.results import FindingRow, RunRow
from dataflow_health.storage.sql import database, statements, tables
from dataflow_health.storage.sql.database import reading, writing

AT = datetime(2026, 1, 2, tzinfo=UTC)
ALGORITHMS = 10
FINDINGS = 5
"""Findings of each algorithm in each recording."""


class Batch(NamedTuple):
    """Results of some recordings."""

    recordings: Sequence[str]
    runs: Sequence[RunRow]
    findings: Sequence[FindingRow]


def run(*, quick: bool = False) -> list[Measurement]:
    """Loads 100,000 findings of 2,000 recordings into both databases."""
    recordings = [f"{number:064x}" for number in range(100 if quick else 2000)]
    measurements: list[Measurement] = []
    with _sqlite() as engine:
        measurements += _measure(engine, "SQLite", recordings, Target(">=", 1.7))
    with _postgres() as engine:
        measurements += _measure(engine, "PostgreSQL", recordings, Target(">=", 5.0))
    return measurements


def _measure(
    engine: Engine, name: str, recordings: Sequence[str], target: Target
) -> Iterator[Measurement]:
    batch = _batch(recordings)
    _check_equal(engine, batch)
    rows = len(batch.runs) + len(batch.findings)
    sides = {
        "ours": lambda: _with_replace(engine, batch),
        "executemany": lambda: _with_executemany(engine, batch),
    }
    first = compare(sides, before=lambda: _clear(engine))
    again = compare(sides)
    for case, seconds in (("into empty tables", first), ("replacing older rows", again)):
        ratio = seconds["executemany"] / seconds["ours"]
        case_target = target if seconds is first else None
        yield Measurement(f"load, {name}, {case}", rows / seconds["ours"], "rows/s", ratio,
                  "executemany", case_target)  # fmt: skip


def _batch(recordings: Sequence[str]) -> Batch:
    runs = [
        RunRow(recording, f"algorithm_{k}", "v1", "p1", "HB-ZAA", fixtures.DAY, "found", "",
               FINDINGS, AT)
        for recording in recordings
        for k in range(ALGORITHMS)
    ]  # fmt: skip
    findings = [
        FindingRow(recording, f"algorithm_{k}", n, "HB-ZAA", fixtures.DAY, "warning",
                   n * 60.0, n * 60.0 + 7.5, AT + timedelta(seconds=n * 60), 107.125, n * 60.0 + 3,
                   "max rotor_speed_pct 107.125")
        for recording in recordings
        for k in range(ALGORITHMS)
        for n in range(FINDINGS)
    ]  # fmt: skip
    return Batch(recordings, runs, findings)


def _with_replace(engine: Engine, batch: Batch) -> None:
    with writing(engine) as connection:
        results.replace(connection, fixtures.DAY, *batch)


def _with_executemany(engine: Engine, batch: Batch) -> None:
    with writing(engine) as connection:
        for table, rows in ((tables.finding, batch.findings), (tables.algorithm_run, batch.runs)):
            _delete(connection, table, batch.recordings)
            names = [column.name for column in table.columns]
            connection.execute(insert(table), [dict(zip(names, r, strict=True)) for r in rows])


def _delete(connection: Connection, table: Table, recordings: Sequence[str]) -> None:
    for start in range(0, len(recordings), statements.CHUNK):
        chunk = recordings[start : start + statements.CHUNK]
        connection.execute(delete(table).where(table.c.recording_id.in_(chunk)))


def _check_equal(engine: Engine, batch: Batch) -> None:
    """Verifies that both alternatives leave the same rows."""
    _with_replace(engine, batch)
    ours = _all_rows(engine)
    _with_executemany(engine, batch)
    if ours != _all_rows(engine) or ours != [sorted(batch.runs), sorted(batch.findings)]:
        raise AssertionError("the alternatives load different rows")


def _all_rows(engine: Engine) -> list[list[tuple[Any, ...]]]:
    with reading(engine) as connection:
        return [
            sorted(tuple(row) for row in connection.execute(select(table)))
            for table in (tables.algorithm_run, tables.finding)
        ]


def _clear(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(delete(tables.finding))
        connection.execute(delete(tables.algorithm_run))


@contextmanager
def _sqlite() -> Iterator[Engine]:
    engine = database.connect(f"sqlite:///{fixtures.work_folder() / 'load.sqlite'}")
    database.upgrade(engine)
    yield engine
    engine.dispose()


@contextmanager
def _postgres() -> Iterator[Engine]:
    with postgresql.serve() as url:
        engine = database.connect(url)
        database.upgrade(engine)
        yield engine
        engine.dispose()
