"""Landing folder: CPU time of a tick beside old archives, and time to take many tiny ones.

Taken archives stay at the source for ever. A tick that remembers them stands beside one that lists
and compares everything; both find the same new archive.
"""

import os
import tempfile
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

from sqlalchemy import Engine

from benchmarks import fixtures
from benchmarks.history import ALLOWED_GROWTH, GROWTH, cpu_ms
from benchmarks.measure import Measurement, Target, time_call_s
from dataflow_health import wiring
from dataflow_health.settings import Settings
from dataflow_health.simulator.archive_faults import build_zip
from dataflow_health.simulator.fault_kind import ArchiveMember
from dataflow_health.stages import download, source_watch
from dataflow_health.stages.new_archives import NewArchive
from dataflow_health.stages.source_watch import SourceWatch
from dataflow_health.stages.stage import StageRequest
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import chunks, insert_new

LATER = fixtures.ARRIVAL + timedelta(hours=1)
TICK = timedelta(seconds=5)
MOMENT = timedelta(milliseconds=1)
"""Between two measured ticks: no time for comparing everything comes."""
PER_FOLDER = 1_000
TARGET_MS = 50.0


def run(*, quick: bool = False) -> list[Measurement]:
    """Measures two landing folders, one ten times as large, and a download."""
    small = 500 if quick else 10_000
    results = [_measure_ticks(number) for number in (small, GROWTH * small)]
    rows = []
    for number, (idle, arriving, plain) in zip((small, GROWTH * small), results, strict=True):
        rows += [
            Measurement(f"tick, nothing new, {number:,} taken archives", idle, "ms of CPU",
                        plain / idle, "everything compared"),
            Measurement(f"tick, one new, {number:,} taken archives", arriving, "ms of CPU",
                        plain / arriving, "everything compared"),
        ]  # fmt: skip
    first, last = (each[0] for each in results)
    rows += [
        Measurement("tick, nothing new, growth", last / first, "times", target=ALLOWED_GROWTH),
        Measurement("tick, nothing new", last, "ms of CPU", target=Target("<=", TARGET_MS)),
        _measure_download(100 if quick else 2_000),
    ]
    return rows


def _measure_ticks(number: int) -> tuple[float, float, float]:
    """CPU of a tick without news, with one new archive, and of comparing everything."""
    with tempfile.TemporaryDirectory(dir=fixtures.work_folder()) as home:
        deps = wiring.dependencies(Settings(home=Path(home)))
        landing = Path(home) / "landing"
        _fill(deps.engine, landing, number)
        watch, ticks = SourceWatch(str(landing)), count()

        def tick() -> list[NewArchive]:
            return watch.find(deps.engine, LATER + next(ticks) * MOMENT, 0)

        def arrive() -> list[NewArchive]:
            land(landing / "0", f"new-{next(ticks)}.zip")
            return tick()

        for at in (LATER - TICK, LATER):
            watch.find(deps.engine, at, 0)
        idle = cpu_ms(tick)
        arriving = cpu_ms(arrive)
        plain = cpu_ms(lambda: source_watch.find(deps.engine, str(landing), LATER, 0))
        expected = source_watch.find(deps.engine, str(landing), LATER, 0)
        if {each.offered.name for each in tick()} != {each.offered.name for each in expected}:
            raise AssertionError("a tick that remembers finds other archives")
        deps.engine.dispose()
        return idle, arriving, plain


def land(folder: Path, name: str, content: bytes = b"") -> None:
    """Writes an archive that arrived on the day."""
    folder.mkdir(parents=True, exist_ok=True)
    fixtures.land(folder, name, content, 0)


def _fill(engine: Engine, landing: Path, number: int) -> None:
    """Archives in folders of a thousand, all of which the ledger knows."""
    rows = []
    for each in range(number):
        folder = str(each // PER_FOLDER)
        land(landing / folder, f"{each}.zip")
        rows.append(_arrival(str(landing), f"{folder}/{each}.zip", each))
    with writing(engine) as connection:
        for some in chunks(rows):
            insert_new(connection, tables.arrival, some)


def _arrival(source: str, name: str, number: int) -> dict[str, object]:
    at: datetime = fixtures.ARRIVAL
    return {
        "source": source, "name": name, "archive_id": f"{number:064x}", "size_bytes": 0,
        "modified_at": at, "arrived_at": at, "arrival_day": fixtures.DAY, "outcome": "accepted",
        "seen_at": at,
    }  # fmt: skip


def _measure_download(number: int) -> Measurement:
    """Archives a second that download takes, in threads and batches."""
    with tempfile.TemporaryDirectory(dir=fixtures.work_folder()) as home:
        deps = wiring.dependencies(Settings(home=Path(home)))
        landing = Path(home) / "landing"
        for each in range(number):
            members = (ArchiveMember(f"{each}.rdf", os.urandom(64)),)
            land(landing, f"{each}.zip", build_zip(members, fixtures.ARRIVAL.timetuple()[:6]))

        def take() -> None:
            found = download.run(deps, StageRequest(fixtures.DAY), url=str(landing), settle_s=0)
            if found.done != number:
                raise AssertionError(f"{found.done} of {number} archives were taken")

        seconds = time_call_s(take)
        deps.engine.dispose()
        return Measurement(f"download, {number:,} tiny archives", number / seconds, "archives/s")
