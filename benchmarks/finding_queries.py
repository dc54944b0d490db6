"""Time of each query of findings of the API and of docs/reference/sql.md, on 10,000,000 findings.

On SQLite and PostgreSQL: ten years, 200 aircraft, 150 algorithms, 1,000,000 flights, 20,000
judgements. Each target is one second; the first reading, from a cold cache of the database, is not
counted.
"""

import hashlib
import random
import re
import statistics
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, insert, text

from benchmarks import both_databases
from benchmarks.measure import REPETITIONS, Measurement, Target
from dataflow_health.operations import export, finding_trend, findings
from dataflow_health.storage.queries import found_versions
from dataflow_health.storage.queries.finding_trend import TrendFilter
from dataflow_health.storage.queries.findings import FindingFilter
from dataflow_health.storage.records import finding_counts, results
from dataflow_health.storage.records.results import FindingRow, FlightRow
from dataflow_health.storage.sql import database, partitions, tables
from dataflow_health.storage.sql.database import reading, writing

FINDINGS, QUICK_FINDINGS = 10_000_000, 200_000
FINDINGS_PER_FLIGHT = 10
AIRCRAFT, ALGORITHMS, JUDGED = 200, 150, 20_000
DAYS = 3652
FIRST_AT = datetime(2016, 12, 1, tzinfo=UTC)
LAST_AT = FIRST_AT + timedelta(days=DAYS)
ROWS = 100_000
ALLOWED_S = Target("<=", 1.0)
SEVERITIES = ("info", "info", "warning", "warning", "alert")
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


def run(*, quick: bool = False) -> list[Measurement]:
    """Measures both databases."""
    number = QUICK_FINDINGS if quick else FINDINGS
    return [
        Measurement(f"{kind}: {name}", seconds, "s", target=ALLOWED_S)
        for kind in both_databases.KINDS
        for name, seconds in _measure(kind, number).items()
    ]


def _measure(kind: str, number: int) -> Mapping[str, float]:
    with both_databases.opened(kind) as engine:
        database.upgrade(engine)
        fill(engine, number)
        return {name: _time_s(work) for name, work in works(engine).items()}


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


def fill(engine: Engine, number: int) -> None:
    """Fills a database with findings, flights, counts and judgements; the same each time."""
    drawn = random.Random(15)
    keys: list[FindingRow] = []
    for days in range(0, DAYS + 31, 28):
        partitions.prepare(engine, (FIRST_AT + timedelta(days=days)).date().isoformat())
    for start in range(0, number, ROWS):
        flights, rows = _rows(drawn, start, min(ROWS, number - start))
        keys += drawn.sample(rows, max(1, JUDGED * len(rows) // number))
        with writing(engine) as connection:
            results.bulk_insert(connection, tables.finding, rows)
            results.bulk_insert(connection, tables.analysed_flight, flights)
    with writing(engine) as connection:
        connection.execute(insert(tables.finding_triage), [_judged(each) for each in keys])
        finding_counts.recount(connection)
    with reading(engine) as connection:
        connection.exec_driver_sql("ANALYZE")


def _rows(
    drawn: random.Random, start: int, number: int
) -> tuple[list[FlightRow], list[FindingRow]]:
    flights, rows = [], []
    for first in range(start, start + number, FINDINGS_PER_FLIGHT):
        recording = hashlib.sha256(str(first).encode()).hexdigest()
        tail = f"HB-Z{drawn.randrange(AIRCRAFT):03d}"
        is_dated = drawn.random() > 0.01
        at = FIRST_AT + timedelta(seconds=drawn.randrange(DAYS * 86_400)) if is_dated else None
        flights.append(FlightRow(recording, tail, finding_counts.month(at), 3600.0))
        algorithms = sorted(drawn.sample(range(ALGORITHMS), FINDINGS_PER_FLIGHT))
        rows += [_finding(drawn, recording, tail, each, at) for each in algorithms]
    return flights, rows


def _finding(
    drawn: random.Random, recording: str, tail: str, algorithm: int, at: datetime | None
) -> FindingRow:
    start_s = drawn.randrange(3600) * 1.0
    return FindingRow(
        recording_id=recording,
        algorithm=f"algorithm_{algorithm:03d}",
        number=0,
        tail=tail,
        arrival_day=(at or LAST_AT).date().isoformat(),
        severity=SEVERITIES[algorithm % len(SEVERITIES)],
        start_s=start_s,
        end_s=start_s + 5,
        start_at=at + timedelta(seconds=start_s) if at else None,
        peak=112.5,
        peak_at_s=start_s + 2,
        detail="engine_1_torque_pct 112.5",
    )


def _judged(row: FindingRow) -> Mapping[str, object]:
    return {
        "recording_id": row.recording_id,
        "algorithm": row.algorithm,
        "start_s": row.start_s,
        "detail": row.detail,
        "severity": row.severity,
        "state": "dismissed" if hash(row.start_s) % 2 else "confirmed",
        "reason": "a spike of the sensor",
        "operator": "anna",
        "judged_at": LAST_AT,
    }


def _time_s(work: Callable[[], object]) -> float:
    """Median time in seconds, after one unmeasured run."""
    work()
    times = []
    for _ in range(REPETITIONS):
        begun_s = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun_s)
    return statistics.median(times)
