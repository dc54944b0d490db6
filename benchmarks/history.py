"""CPU time of reading and judging a ledger as its history grows tenfold, on SQLite.

The larger ledger has 100,000 recordings on 2,000 arrival days: a fleet of 70 aircraft in a year.
Both have as many recordings in quarantine, on as many days: open problems do cost. The plain
statements that the ledger's queries stand beside give the same rows, and both sides of a report
are equal.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Select, select

from benchmarks import fixtures
from benchmarks.filled_ledger import NOW, LedgerSize, fill_ledger, write_extra_processes
from benchmarks.measure import REPETITIONS, Measurement, Target
from dataflow_health.alerting import digest
from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config import catalogue as config
from dataflow_health.config.catalogue import Catalogue
from dataflow_health.monitoring import evaluation
from dataflow_health.monitoring.evaluation import Records
from dataflow_health.monitoring.history import History
from dataflow_health.operations import backfill, fleet, readiness, recordings, rerun
from dataflow_health.operations.rerun import RerunFilter
from dataflow_health.storage.ledger import arrival_days, conservation, count_proof, quarantine
from dataflow_health.storage.ledger.states import UNFINISHED
from dataflow_health.storage.queries import owed_answers, waiting_work
from dataflow_health.storage.queries.algorithm_runs import RunFilter
from dataflow_health.storage.sql import database, tables
from dataflow_health.storage.sql.statements import fetch

GROWTH = 10
ALLOWED_GROWTH = Target("<=", 1.5)
READ_AGAIN = "monitor: reads again"
JUDGED = "monitor: report"
COUNTS = "counts of all stages and days"
IN_QUARANTINE = 10
PLAIN = {
    COUNTS: "every row counted",
    "unfinished days": "every record read",
    READ_AGAIN: "everything read",
    JUDGED: "report from every day",
}
"""What some of the measured functions stand beside."""


def run(*, quick: bool = False) -> list[Measurement]:
    """Measures a ledger and one that is ten times as large."""
    recordings = 1_000 if quick else 10_000
    small, large = (
        measure_ledger(
            LedgerSize(
                count,
                count // 50,
                algorithms=1,
                quarantined_every=count // IN_QUARANTINE,
                checked_on_its_day=True,
            )
        )
        for count in (recordings, GROWTH * recordings)
    )
    rows: list[Measurement] = []
    for name in small:
        if name in PLAIN.values():
            continue
        beside = PLAIN.get(name, "")
        ratio = large[beside] / large[name] if beside else None
        growth = large[name] / small[name]
        rows += [
            Measurement(f"{name}, {recordings:,} recordings", small[name], "ms of CPU"),
            Measurement(
                f"{name}, {GROWTH * recordings:,} recordings",
                large[name], "ms of CPU", ratio, beside,
            ),
            Measurement(f"{name}, growth", growth, "times", target=ALLOWED_GROWTH),
        ]  # fmt: skip
    return rows


def measure_ledger(size: LedgerSize) -> Mapping[str, float]:
    """Milliseconds of CPU by name, on a new ledger."""
    with tempfile.TemporaryDirectory(dir=fixtures.work_folder()) as folder:
        extra = write_extra_processes(Path(folder) / "extra", config.load(BUILTIN_FOLDER), size)
        declared = config.load(BUILTIN_FOLDER, extra)
        engine = database.connect(f"sqlite:///{folder}/ledger.sqlite")
        database.upgrade(engine)
        fill_ledger(engine, declared, size)
        try:
            measured = {
                **works(engine, declared, NOW),
                **_plain_works(engine, declared, NOW),
            }
            return {name: cpu_ms(work) for name, work in measured.items()}
        finally:
            engine.dispose()


def cpu_ms(work: Callable[[], object]) -> float:
    """Median CPU time of a function in milliseconds, after one unmeasured run."""
    durations_ms = []
    for _ in range(REPETITIONS + 1):
        start_s = time.process_time()
        work()
        durations_ms.append((time.process_time() - start_s) * 1000)
    return statistics.median(durations_ms[1:])


def works(engine: Engine, declared: Catalogue, now: datetime) -> Mapping[str, Callable[[], object]]:
    """What is measured on a ledger, by name."""
    processes, day = declared.processes, now.date().isoformat()
    records = evaluation.read_records(engine, now, processes)
    report = evaluation.make_report(declared, records, now)
    return {
        COUNTS: lambda: recordings.ledger_balance(engine, processes, now),
        "counts of one day": lambda: conservation.stage_counts(engine, now, day),
        "unfinished days": lambda: arrival_days.unfinished(engine),
        READ_AGAIN: lambda: evaluation.read_records(engine, now, processes),
        JUDGED: lambda: evaluation.make_report(declared, records, now),
        "a new process: first reading": lambda: History(processes).read(engine, now),
        "`rerun --dry-run`": lambda: rerun.plan(engine, RerunFilter(), processes, now),
        "`quarantine list`": lambda: quarantine.find(engine),
        "quarantine by reason": lambda: quarantine.counts(engine),
        "`/recordings`, first page": lambda: recordings.algorithm_runs(engine, RunFilter()),
        "`/fleet`": lambda: fleet.fleet_health(engine, report),
        "`/fleet/ready`": lambda: readiness.fleet_readiness(engine, "", now),
        "`digest`": lambda: digest.collect_digest(engine, processes, now),
        "owed answers": lambda: owed_answers.read(engine),
        "owed recordings by day": lambda: backfill.recordings_by_day(engine),
        "waiting work": lambda: waiting_work.read(engine, now),
    }


def _plain_works(
    engine: Engine, declared: Catalogue, now: datetime
) -> Mapping[str, Callable[[], object]]:
    records = evaluation.read_records(engine, now, declared.processes)
    all_records = evaluation.read_records(engine, now)
    every_record = _unfinished_days()
    assert _same_report(declared, records, all_records, now)
    assert count_proof.wrong_days(engine) == []
    assert fetch(engine, every_record) == []
    assert arrival_days.unfinished(engine) == []
    return {
        PLAIN[COUNTS]: lambda: count_proof.wrong_days(engine),
        PLAIN["unfinished days"]: lambda: fetch(engine, every_record),
        PLAIN[READ_AGAIN]: lambda: evaluation.read_records(engine, now),
        PLAIN[JUDGED]: lambda: evaluation.make_report(declared, all_records, now),
    }


def _same_report(
    declared: Catalogue, records: Records, all_records: Records, now: datetime
) -> bool:
    first, second = (evaluation.make_report(declared, e, now) for e in (records, all_records))
    return first == second


def _unfinished_days() -> Select[Any]:
    table = tables.recording_stage
    return select(table.c.arrival_day).distinct().where(table.c.state.in_(UNFINISHED))
