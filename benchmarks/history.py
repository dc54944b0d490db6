"""CPU time of reading and judging a ledger as its history grows tenfold, on SQLite.

The larger ledger has 100,000 recordings on 2,000 arrival days: a fleet of 70 aircraft in a year.
The plain statements that the ledger's queries stand beside give the same rows.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Select, func, or_, select

from benchmarks import fixtures
from benchmarks.filled_ledger import NOW, LedgerSize, fill_ledger, write_extra_processes
from benchmarks.measure import REPETITIONS, Measurement, Target
from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config import catalogue as config
from dataflow_health.config.catalogue import Catalogue
from dataflow_health.monitoring import evaluation
from dataflow_health.storage.ledger import arrival_days, conservation
from dataflow_health.storage.ledger.stage_order import RECORDING_STAGES
from dataflow_health.storage.ledger.states import UNFINISHED
from dataflow_health.storage.records.observation_cache import ObservationCache
from dataflow_health.storage.sql import database, tables
from dataflow_health.storage.sql.statements import fetch

GROWTH = 10
ALLOWED_GROWTH = Target("<=", 1.5)
READ_AGAIN = "monitor: reads again"
JUDGED = "monitor: report"
PLAIN = {
    "counts of all stages and days": "records joined with themselves",
    "unfinished days": "every record read",
    READ_AGAIN: "everything read",
}
"""What some of the measured functions stand beside."""


def run(*, quick: bool = False) -> list[Measurement]:
    """Measures a ledger and one that is ten times as large."""
    recordings = 1_000 if quick else 10_000
    small, large = (
        measure_ledger(LedgerSize(count, count // 50, algorithms=1))
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
            return {name: cpu_ms(work) for name, work in _works(engine, declared, NOW).items()}
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


def _works(
    engine: Engine, declared: Catalogue, now: datetime
) -> Mapping[str, Callable[[], object]]:
    cache = ObservationCache()
    records = evaluation.read_records(engine, now, cache)
    day = now.date().isoformat()
    joined, every_record = _processed_again(), _unfinished_days()
    assert fetch(engine, joined) == []
    assert fetch(engine, every_record) == []
    assert arrival_days.unfinished(engine) == []
    counts = "counts of all stages and days"
    return {
        counts: lambda: conservation.stage_counts(engine, now),
        PLAIN[counts]: lambda: (conservation.stage_counts(engine, now), fetch(engine, joined)),
        "counts of one day": lambda: conservation.stage_counts(engine, now, day),
        "unfinished days": lambda: arrival_days.unfinished(engine),
        PLAIN["unfinished days"]: lambda: fetch(engine, every_record),
        "monitor: check results": lambda: cache.read(engine, now),
        READ_AGAIN: lambda: evaluation.read_records(engine, now, cache),
        PLAIN[READ_AGAIN]: lambda: evaluation.read_records(engine, now),
        JUDGED: lambda: evaluation.make_report(declared, records, now),
    }


def _processed_again() -> Select[Any]:
    """Recordings that the stage before processes again, in the plainest words."""
    before, here = tables.recording_stage.alias("before"), tables.recording_stage.alias("here")
    steps = [
        (before.c.stage == first) & (here.c.stage == second)
        for first, second in pairwise(RECORDING_STAGES)
    ]
    return (
        select(here.c.stage, here.c.arrival_day, func.count())
        .join(here, before.c.recording_id == here.c.recording_id)
        .where(before.c.state.in_(UNFINISHED), or_(*steps))
        .group_by(here.c.stage, here.c.arrival_day)
    )


def _unfinished_days() -> Select[Any]:
    table = tables.recording_stage
    return select(table.c.arrival_day).distinct().where(table.c.state.in_(UNFINISHED))
