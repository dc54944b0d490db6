"""Load: answers put in the place of older ones, against SQLAlchemy's own bulk insert."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Table, delete, insert, select

from benchmarks import fixtures, postgresql
from benchmarks.measure import Row, Target, compare
from dataflow_health.storage.records import results
from dataflow_health.storage.records.results import FindingRow, RunRow
from dataflow_health.storage.sql import database, statements, tables
from dataflow_health.storage.sql.database import reading, writing

AT = datetime(2026, 1, 2, tzinfo=UTC)
ALGORITHMS = 10
FINDINGS = 5
"""Of each algorithm in each recording."""

Runs = Sequence[RunRow]
Findings = Sequence[FindingRow]


def run(*, quick: bool = False) -> list[Row]:
    """A hundred thousand findings of 2,000 recordings, on both databases."""
    recordings = [f"{number:064x}" for number in range(100 if quick else 2000)]
    found: list[Row] = []
    with _sqlite() as engine:
        found += _measured(engine, "SQLite", recordings, Target(">=", 1.7))
    with _postgres() as engine:
        found += _measured(engine, "PostgreSQL", recordings, Target(">=", 5.0))
    return found


def _measured(
    engine: Engine, name: str, recordings: Sequence[str], target: Target
) -> Iterator[Row]:
    runs, findings = _answers(recordings)
    _same(engine, recordings, runs, findings)
    rows = len(runs) + len(findings)
    sides = {
        "ours": lambda: _ours(engine, recordings, runs, findings),
        "executemany": lambda: _executemany(engine, recordings, runs, findings),
    }
    first = compare(sides, before=lambda: _emptied(engine))
    again = compare(sides)
    for when, seconds in (("into empty tables", first), ("in place of older", again)):
        ratio = seconds["executemany"] / seconds["ours"]
        wanted = target if seconds is first else None
        yield Row(f"load, {name}, {when}", rows / seconds["ours"], "rows/s", ratio,
                  "executemany", wanted)  # fmt: skip


def _answers(recordings: Sequence[str]) -> tuple[list[RunRow], list[FindingRow]]:
    runs = [
        RunRow(each, f"algorithm_{k}", "v1", "p1", "HB-ZAA", fixtures.DAY, "found", "",
               FINDINGS, AT)
        for each in recordings
        for k in range(ALGORITHMS)
    ]  # fmt: skip
    findings = [
        FindingRow(each, f"algorithm_{k}", n, "HB-ZAA", "warning", n * 60.0, n * 60.0 + 7.5,
                   AT + timedelta(seconds=n * 60), 107.125, n * 60.0 + 3,
                   "max rotor_speed_pct 107.125")
        for each in recordings
        for k in range(ALGORITHMS)
        for n in range(FINDINGS)
    ]  # fmt: skip
    return runs, findings


def _ours(
    engine: Engine,
    recordings: Sequence[str],
    runs: Runs,
    findings: Findings,
) -> None:
    with writing(engine) as connection:
        results.replace(connection, recordings, runs, findings)


def _executemany(
    engine: Engine,
    recordings: Sequence[str],
    runs: Runs,
    findings: Findings,
) -> None:
    with writing(engine) as connection:
        for table, rows in ((tables.finding, findings), (tables.algorithm_run, runs)):
            _deleted(connection, table, recordings)
            names = [column.name for column in table.columns]
            connection.execute(insert(table), [dict(zip(names, r, strict=True)) for r in rows])


def _deleted(connection: Connection, table: Table, recordings: Sequence[str]) -> None:
    for start in range(0, len(recordings), statements.CHUNK):
        chunk = recordings[start : start + statements.CHUNK]
        connection.execute(delete(table).where(table.c.recording_id.in_(chunk)))


def _same(
    engine: Engine,
    recordings: Sequence[str],
    runs: Runs,
    findings: Findings,
) -> None:
    """Both ways leave the same rows, or there is nothing to compare."""
    _ours(engine, recordings, runs, findings)
    ours = _everything(engine)
    _executemany(engine, recordings, runs, findings)
    if ours != _everything(engine) or ours != [sorted(runs), sorted(findings)]:
        raise AssertionError("the two ways load different rows")


def _everything(engine: Engine) -> list[list[tuple[Any, ...]]]:
    with reading(engine) as connection:
        return [
            sorted(tuple(row) for row in connection.execute(select(table)))
            for table in (tables.algorithm_run, tables.finding)
        ]


def _emptied(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(delete(tables.finding))
        connection.execute(delete(tables.algorithm_run))


@contextmanager
def _sqlite() -> Iterator[Engine]:
    engine = database.connect(f"sqlite:///{fixtures.workplace() / 'load.sqlite'}")
    database.upgrade(engine)
    yield engine
    engine.dispose()


@contextmanager
def _postgres() -> Iterator[Engine]:
    with postgresql.served() as url:
        engine = database.connect(url)
        database.upgrade(engine)
        yield engine
        engine.dispose()
