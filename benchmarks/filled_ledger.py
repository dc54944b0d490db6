"""A ledger after months of operation: many recordings, days, checks and results."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine, Table, insert

from benchmarks.ledger_rows import Row, archive_row, arrival_row, make_id, member_row, recording_row
from dataflow_health.config.catalogue import Catalogue
from dataflow_health.health.check import STEP
from dataflow_health.health.observation import Evidence, Observation
from dataflow_health.storage.ledger import aircraft_counts, count_proof
from dataflow_health.storage.ledger.stage_order import ARCHIVE_STAGES, RECORDING_STAGES
from dataflow_health.storage.records import observations, results
from dataflow_health.storage.sql import count_triggers, day_count_triggers, tables
from dataflow_health.storage.sql.database import writing

Item = TypeVar("Item")

FAILED = ("parse", "frames_in_sync")
"""Process and check that fail on a day with a recording in quarantine."""
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
RECORDINGS_PER_ARCHIVE = 5
AIRCRAFT = 40
PART = 10_000
"""Recordings, or check results, of a transaction."""
REPLAY = "dataflow-health quarantine replay --stage parse --reason-code no_sync --reason test"


@dataclass(frozen=True, slots=True)
class LedgerSize:
    """Size of the ledger; every ``quarantined_every``-th recording is quarantined at parse.

    Days are checked now, or each on its own day as in months of operation.
    """

    recordings: int = 10_000
    days: int = 200
    algorithms: int = 50
    checks: int = 60
    quarantined_every: int = 1000
    checked_on_its_day: bool = False


def write_extra_processes(folder: Path, catalogue: Catalogue, size: LedgerSize) -> Path:
    """Writes configuration of further processes, for ``size.checks`` checks in total."""
    declared = sum(len(process.checks) for process in catalogue.processes.values())
    target = folder / "processes"
    target.mkdir(parents=True)
    for number in range(max(0, size.checks - declared)):
        (target / f"service_{number:02d}.yaml").write_text(
            "describes: A service of the operator.\n"
            "external: true\nbefore: [download]\n"
            "checks:\n"
            f"  - {{kind: tcp_answers, address: '127.0.0.1:{20000 + number}', every: PT1H}}\n"
        )
    return folder


def fill_ledger(
    engine: Engine, catalogue: Catalogue, size: LedgerSize, now: datetime = NOW
) -> None:
    """Writes the ledger, the check results of every day, and the algorithm runs."""
    with without_triggers(engine):
        write_rows(engine, catalogue, size, now)


def write_rows(engine: Engine, catalogue: Catalogue, size: LedgerSize, now: datetime = NOW) -> None:
    """Writes the rows of a ledger, a part in each transaction."""
    for first in range(0, size.recordings, PART):
        numbers = range(first, min(first + PART, size.recordings))
        with writing(engine) as connection:
            for table, rows in _ledger_rows(numbers, size, catalogue, now):
                connection.execute(insert(table), list(rows))
            runs = list(_algorithm_runs(numbers, size, catalogue, now))
            results.bulk_insert(connection, tables.algorithm_run, runs)
    for some in batched(_observations(size, catalogue, now), PART):
        observations.save(engine, some)


@contextmanager
def without_triggers(engine: Engine) -> Iterator[None]:
    """Keeps no counts of days while millions of rows are written, and counts them afterwards."""
    dialect = engine.dialect.name
    made = [*day_count_triggers.statements(dialect), *count_triggers.statements(dialect)]
    names = re.findall(r"CREATE TRIGGER (\w+) .*? ON (\w+)", " ".join(made))
    with engine.begin() as connection:
        for name, table in names:
            on_table = f" ON {table}" if dialect == "postgresql" else ""
            connection.exec_driver_sql(f"DROP TRIGGER {name}{on_table}")
    yield
    with engine.begin() as connection:
        for statement in made:
            if statement.startswith("CREATE TRIGGER"):
                connection.exec_driver_sql(statement)
    count_proof.repair(engine)
    aircraft_counts.repair(engine)
    maintain(engine)


def maintain(engine: Engine) -> None:
    """What PostgreSQL does by itself in time; SQLite has no statistics in operation either."""
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            automatic = connection.execution_options(isolation_level="AUTOCOMMIT")
            automatic.exec_driver_sql("SET statement_timeout = 0")
            automatic.exec_driver_sql("VACUUM ANALYZE")
            connection.invalidate()


def batched(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Items in lists of a size."""
    remaining = iter(items)
    while some := list(islice(remaining, size)):
        yield some


def day_of(number: int, size: LedgerSize, now: datetime) -> date:
    """Arrival day of a recording."""
    return now.date() - timedelta(days=number * size.days // size.recordings)


def recording_id(number: int) -> str:
    """Id of a recording."""
    return make_id(f"recording {number}")


def is_quarantined(number: int, size: LedgerSize) -> bool:
    """Whether a recording is in quarantine."""
    return number % size.quarantined_every == size.quarantined_every - 1


def _ledger_rows(
    numbers: range, size: LedgerSize, catalogue: Catalogue, now: datetime
) -> Iterator[tuple[Table, Sequence[Row]]]:
    versions = {name: algorithm.version for name, algorithm in catalogue.algorithms.items()}
    archives = [_archive(n, size, now) for n in numbers[::RECORDINGS_PER_ARCHIVE]]
    yield tables.archive, archives
    yield tables.arrival, [arrival_row(archive) for archive in archives]
    yield (
        tables.archive_stage,
        [
            {"archive_id": archive["id"], "stage": stage, **_stage_row(archive)}
            for archive in archives
            for stage in ARCHIVE_STAGES
        ],
    )
    recordings = [_recording(n, size, now) for n in numbers]
    yield tables.recording, recordings
    yield tables.member, [member_row(recording) for recording in recordings]
    yield (
        tables.recording_stage,
        [
            row
            for n, recording in zip(numbers, recordings, strict=True)
            for row in _stage_rows(n, recording, size, versions)
        ],
    )


def _archive(number: int, size: LedgerSize, now: datetime) -> Row:
    day = day_of(number, size, now)
    name = f"{_tail(number)}_{day:%Y%m%d}_{number}.zip"
    at = datetime(day.year, day.month, day.day, 6, tzinfo=UTC)
    return archive_row(make_id(f"archive {number}"), name, at)


def _recording(number: int, size: LedgerSize, now: datetime) -> Row:
    archive = _archive(number - number % RECORDINGS_PER_ARCHIVE, size, now)
    row = recording_row(recording_id(number), archive, _tail(number))
    return {**row, "member": f"flight_{number}.rdf"}


def _tail(number: int) -> str:
    return f"HB-Z{number // RECORDINGS_PER_ARCHIVE % AIRCRAFT:02d}"


def _stage_rows(
    number: int, recording: Row, size: LedgerSize, versions: Mapping[str, str]
) -> list[Row]:
    stages = RECORDING_STAGES[:1] if is_quarantined(number, size) else RECORDING_STAGES
    outcome: Row = {}
    if is_quarantined(number, size):
        outcome = {"state": "quarantined", "reason": "no_sync", "detail": "no sync word found"}
    shared = {**_stage_row(recording), **outcome}
    measured: Row = {
        "analyse": {"versions": versions},
        "store": {"flight": _flight(number, shared)},
    }
    return [
        {
            "recording_id": recording["id"], "stage": stage, **shared,
            **({"measurements": measured[stage]} if stage in measured else {}),
        }
        for stage in stages
    ]  # fmt: skip


def _flight(number: int, stage_row: Row) -> Row:
    """What store measures of a flight: an archive holds the flights of a day, one after another."""
    began_at = stage_row["started_at"]
    assert isinstance(began_at, datetime)
    position = number % RECORDINGS_PER_ARCHIVE
    started_at = began_at - timedelta(hours=3 * (RECORDINGS_PER_ARCHIVE - position))
    return {
        "segment": "whole_flight",
        "recorded_s": 6300,
        "flown_s": 6300,
        "started_at": started_at.isoformat(),
        "duration_s": 7200,
        "format": "0123456789abcdef",
        "software": None,
        "declared": "fedcba9876543210",
    }


def _stage_row(arrived: Row) -> Row:
    at = arrived["arrived_at"]
    assert isinstance(at, datetime)
    return {
        "arrival_day": arrived["arrival_day"],
        "state": "done",
        "reason": None,
        "detail": None,
        "attempts": 1,
        "bytes_in": 2_760_000,
        "bytes_out": 560_000,
        "rows_out": 7200,
        "code_version": "1",
        "measurements": {"started_at": at.isoformat(), "duration_s": 7200},
        "run_id": "benchmark",
        "started_at": at,
        "finished_at": at + timedelta(minutes=5),
    }


def _algorithm_runs(
    numbers: range, size: LedgerSize, catalogue: Catalogue, now: datetime
) -> Iterator[tuple[Any, ...]]:
    names = sorted(catalogue.algorithms)[: size.algorithms]
    for number in numbers:
        if is_quarantined(number, size):
            continue
        day = day_of(number, size, now)
        at = datetime(day.year, day.month, day.day, 6, 10, tzinfo=UTC)
        for position, name in enumerate(names):
            found = (number + position) % 97 == 0
            yield (
                recording_id(number), name, "1", "1", _tail(number), day.isoformat(),
                "found" if found else "clear", "", int(found), at,
            )  # fmt: skip


def _observations(size: LedgerSize, catalogue: Catalogue, now: datetime) -> Iterator[Observation]:
    days = [now.date() - timedelta(days=n) for n in range(size.days)]
    quarantined = [n for n in range(size.recordings) if is_quarantined(n, size)]
    failed_days = {day_of(number, size, now) for number in quarantined}
    for name, process in catalogue.processes.items():
        for check in process.checks:
            if check.kind != "asset_check":
                yield observation(name, check.name, now)
                continue
            for day in days:
                failed = (name, check.name) == FAILED and day in failed_days
                at = now - (now.date() - day) if size.checked_on_its_day else now
                yield observation(name, check.name, at, day, failed=failed)
        if not process.external:
            yield observation(name, STEP, now)


def observation(
    process: str, check: str, at: datetime, day: date | None = None, *, failed: bool = False
) -> Observation:
    """A result of a check; one that failed names a recording."""
    item = Evidence(
        stage=process,
        reason="no_sync",
        tail="HB-Z01",
        byte_offset=0,
        first_seen_at=at,
        command=REPLAY,
    )
    return Observation(
        process=process,
        check=check,
        outcome="failed" if failed else "passed",
        at=at,
        arrival_day=day,
        detail="quarantined (1: no_sync) = 0" if failed else "recordings (0) = 0",
        evidence=(item,) if failed else (),
    )
