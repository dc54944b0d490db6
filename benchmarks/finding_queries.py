"""Time of each query of findings of the API and of docs/reference/sql.md, on 10,000,000 findings.

On SQLite and PostgreSQL: ten years, 200 aircraft, 150 algorithms, 1,000,000 flights, 20,000
judgements. Each target is one second; the first reading, from a cold cache of the database, is not
counted. The plans of the same queries are looked through for sequential readings of tables with
more than :data:`LARGE` rows.
"""

import re
import shutil
import statistics
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from math import inf
from pathlib import Path

from sqlalchemy import Engine, text

from benchmarks import both_databases
from benchmarks.filled_findings import LAST_AT, fill
from benchmarks.measure import REPETITIONS, Measurement, Target
from dataflow_health.operations import export, finding_trend, findings
from dataflow_health.storage.queries import found_versions, known_tails, work_between
from dataflow_health.storage.queries.finding_trend import TrendFilter
from dataflow_health.storage.queries.findings import FindingFilter
from dataflow_health.storage.sql import database
from dataflow_health.storage.sql.database import reading
from dataflow_health_tests.storage.query_plans import plans

FINDINGS, QUICK_FINDINGS = 10_000_000, 200_000
LARGE = 50_000
ALLOWED_S, NONE = Target("<=", 1.0), Target("<=", 0)
FILLED = "filled"
"""File beside a kept database whose filling came to its end."""
PAGE = Path(__file__).parents[1] / "docs" / "reference" / "sql.md"

TAIL, ALGORITHM = "HB-Z007", "algorithm_007"
FILTERS = {
    "newest": FindingFilter(),
    "aircraft": FindingFilter(tail=TAIL),
    "algorithm": FindingFilter(algorithm=ALGORITHM),
    "severity": FindingFilter(severity="alert"),
    "aircraft, algorithm and severity": FindingFilter(
        tail=TAIL, algorithm=ALGORITHM, severity="alert"
    ),
    "one month": FindingFilter(from_at=LAST_AT - timedelta(300), to_at=LAST_AT - timedelta(270)),
    "new": FindingFilter(state="new"),
    "confirmed": FindingFilter(state="confirmed"),
    "dismissed of an aircraft": FindingFilter(state="dismissed", tail=TAIL),
    "without a known time": FindingFilter(undated=True),
    "page 200": FindingFilter(offset=10_000),
}
TREND = TrendFilter("2024-12", "2026-11")


def run(*, quick: bool = False, keep: Path | None = None) -> list[Measurement]:
    """Measures both databases.

    Args:
        quick: With 200,000 findings.
        keep: Folder of databases that are filled once.
    """
    number = QUICK_FINDINGS if quick else FINDINGS
    return [row for kind in both_databases.KINDS for row in _measure(kind, number, keep)]


def _measure(kind: str, number: int, keep: Path | None) -> list[Measurement]:
    folder = keep and _folder(keep, kind, number)
    with both_databases.opened(kind, folder) as engine:
        database.upgrade(engine)
        if folder is None or not (folder / FILLED).exists():
            fill(engine, number)
        if folder:
            (folder / FILLED).touch()
        whole = sequential_readings(engine)
        for name, tables in whole.items():
            print(f"{kind}: {name} reads {len(tables)} as {min(tables)} whole", flush=True)
        times = {name: _time_s(work) for name, work in works(engine).items()}
        rows = [
            Measurement(f"{kind}: {name}", seconds, "s", target=ALLOWED_S)
            for name, seconds in times.items()
        ]
        seen = f"{kind}: of these {len(rows)}, with a sequential reading of a large table"
        return [*rows, Measurement(seen, len(whole), "queries", target=NONE)]


def _folder(keep: Path, kind: str, number: int) -> Path:
    """Folder of a kept database; one whose filling was broken off is emptied."""
    folder = keep / f"{kind.lower()}_{number}"
    if not (folder / FILLED).exists():
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def sequential_readings(engine: Engine) -> Mapping[str, set[str]]:
    """Large tables that a query reads from end to end, by what is measured.

    One that is read in part does not count, such as the newest partition up to the size of a page.
    """
    rows = _large_tables(engine)
    whole = _whole_on_sqlite if engine.dialect.name == "sqlite" else _whole_on_postgresql
    found = {
        name: whole(plans(engine, work, as_chosen=True), rows)
        for name, work in works(engine).items()
    }
    return {name: tables for name, tables in found.items() if tables}


def _whole_on_sqlite(lines: list[str], rows: Mapping[str, float]) -> set[str]:
    scanned = {line.removeprefix("SCAN ") for line in lines if line.startswith("SCAN ")}
    return scanned & set(rows)


def _whole_on_postgresql(lines: list[str], rows: Mapping[str, float]) -> set[str]:
    """Tables of whose sequential reading the executed plan says that it came to the end."""
    read: Counter[str] = Counter()
    table = ""
    for line in lines:
        if scan := re.search(r"Seq Scan on (\w+).*\(actual rows=(\d+) loops=(\d+)\)", line):
            table = scan[1]
            read[table] += int(scan[2]) * int(scan[3])
        elif removed := re.search(r"Rows Removed by Filter: (\d+)", line):
            read[table] += int(removed[1])
        elif "->" in line:
            table = ""
    return {name for name, number in read.items() if number >= 0.9 * rows.get(name, inf)}


def _large_tables(engine: Engine) -> Mapping[str, float]:
    """Rows of the tables and partitions with more than :data:`LARGE`."""
    if engine.dialect.name == "sqlite":
        return dict.fromkeys(("finding", "algorithm_run", "analysed_flight", "finding_count"), 1.0)
    statement = text(
        "SELECT relname, reltuples FROM pg_class WHERE relkind = 'r' AND reltuples > :large"
    )
    with reading(engine) as connection:
        return {
            row.relname: row.reltuples for row in connection.execute(statement, {"large": LARGE})
        }


def works(engine: Engine) -> Mapping[str, Callable[[], object]]:
    """What is measured, by name."""
    made: dict[str, Callable[[], object]] = {
        f"findings, {name}": lambda chosen=chosen: findings.page(engine, chosen)  # type: ignore[misc]
        for name, chosen in FILTERS.items()
    }
    made["trend of all algorithms"] = lambda: finding_trend.read(engine, TREND)
    made["trend of all aircraft"] = lambda: finding_trend.read(engine, TREND, "tail")
    one = TrendFilter("2016-12", "2026-11", tail=TAIL)
    made["trend of an aircraft, ten years"] = lambda: finding_trend.read(engine, one)
    day = LAST_AT - timedelta(days=1)
    made["findings loaded in a day"] = lambda: work_between.count(engine, day, LAST_AT)
    made["aircraft"] = lambda: known_tails.read(engine)
    made["versions with findings"] = lambda: found_versions.read(engine)
    made["first part of an export"] = lambda: next(export.finding_tables(engine, FindingFilter()))
    for name, statement in documented().items():
        made[f"docs: {name}"] = lambda statement=statement: _execute(engine, statement)  # type: ignore[misc]
    return made


def documented() -> Mapping[str, str]:
    """Queries of findings in docs/reference/sql.md, by the sentence before each."""
    page = PAGE.read_text(encoding="utf-8")
    found = re.findall(r"^([^\n]+):\n\n```sql\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return {
        name: statement.replace("HB-ZAA", TAIL)
        for name, statement in found
        if "finding" in statement or "flight_month" in statement
    }


def _execute(engine: Engine, statement: str) -> object:
    with reading(engine) as connection:
        return connection.execute(text(statement)).all()


def _time_s(work: Callable[[], object]) -> float:
    """Median time in seconds, after one unmeasured run."""
    work()
    times = []
    for _ in range(REPETITIONS):
        begun_s = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun_s)
    return statistics.median(times)
