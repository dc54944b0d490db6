"""Landing folder: CPU time of a tick beside old archives, and time to take many tiny ones.

Taken archives stay at the source for ever: 10,000 and 1,000,000 of them in folders of a thousand,
and 1,000,000 in one folder, each with the kernel's events and by the times of folders alone, as on
a file system that is shared over the network. Ticks are five seconds apart, so each compares its
share of everything. After each measurement an archive that came last is found.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch
from uuid import uuid4

from sqlalchemy import Engine

from benchmarks import fixtures
from benchmarks.history import ALLOWED_GROWTH
from benchmarks.measure import Measurement, Target, time_call_s
from dataflow_health import wiring
from dataflow_health.settings import Settings
from dataflow_health.simulator.archive_faults import build_zip
from dataflow_health.simulator.fault_kind import ArchiveMember
from dataflow_health.stages import download
from dataflow_health.stages.source_watch import SourceWatch
from dataflow_health.stages.stage import StageRequest
from dataflow_health.storage.files import folder_events
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import chunks, insert_new

LATER = fixtures.ARRIVAL + timedelta(hours=1)
TICK = timedelta(seconds=5)
PER_FOLDER = 1_000
FLAT = 1 << 30
GROWTH = 100
TARGET_MS = 50.0
IDLE_TICKS = 15
"""Ticks of which the median is taken."""
MOST_TICKS = 6_000
"""Ticks within which an archive must be found."""


class Ticks(NamedTuple):
    """One landing folder, measured.

    Attributes:
        idle_ms: CPU of a tick without news.
        arriving_ms: CPU of a tick with one new archive.
        found_after: Ticks until the last of some new archives is found.
        first_s: CPU of the first ticks, which compare everything, seconds.
    """

    idle_ms: float
    arriving_ms: float
    found_after: int
    first_s: float


def run(*, quick: bool = False) -> list[Measurement]:
    """Measures landing folders and a download."""
    small = 500 if quick else 10_000
    large = GROWTH * small
    places = {
        "folders of a thousand, events": (PER_FOLDER, True),
        "folders of a thousand, times": (PER_FOLDER, False),
        "one folder, events": (FLAT, True),
        "one folder, times": (FLAT, False),
    }
    rows: list[Measurement] = []
    first = _measure(small, PER_FOLDER, [True])[0]
    rows.append(_of(f"tick, nothing new, {small:,} in folders of a thousand", first.idle_ms))
    for per_folder in (PER_FOLDER, FLAT):
        names = [name for name, (number, _) in places.items() if number == per_folder]
        measured = _measure(large, per_folder, [places[name][1] for name in names])
        for name, each in zip(names, measured, strict=True):
            rows += _rows(f"{large:,} in {name}", each)
            if name == next(iter(places)):
                growth = each.idle_ms / first.idle_ms
                rows.append(Measurement("tick, growth", growth, "times", target=ALLOWED_GROWTH))
    return [*rows, _measure_download(100 if quick else 2_000)]


def _rows(name: str, found: Ticks) -> list[Measurement]:
    return [
        Measurement(f"first ticks, {name}", found.first_s, "s of CPU"),
        _of(f"tick, nothing new, {name}", found.idle_ms),
        _of(f"tick, one new, {name}", found.arriving_ms),
        Measurement(f"found, {name}", found.found_after, "ticks"),
    ]


def _of(name: str, value_ms: float) -> Measurement:
    return Measurement(name, value_ms, "ms of CPU", target=Target("<=", TARGET_MS))


def _measure(number: int, per_folder: int, with_events: Sequence[bool]) -> list[Ticks]:
    """A landing folder of taken archives, with and without events of the kernel."""
    with tempfile.TemporaryDirectory(dir=fixtures.work_folder()) as home:
        deps = wiring.dependencies(Settings(home=Path(home)))
        landing = Path(home) / "landing"
        _fill(deps.engine, landing, number, per_folder)
        found = [_measure_ticks(deps.engine, landing, events) for events in with_events]
        deps.engine.dispose()
        return found


def _measure_ticks(engine: Engine, landing: Path, has_events: bool) -> Ticks:
    """Ticks with the kernel's events, or as where there are none."""
    if has_events:
        return _tick(engine, landing)
    with patch.object(folder_events, "connect", return_value=None):
        return _tick(engine, landing)


def _tick(engine: Engine, landing: Path) -> Ticks:
    watch, times = SourceWatch(str(landing)), count()
    waiting: set[str] = set()

    def tick() -> float:
        """CPU of a tick, seconds; what it finds is known to be taken afterwards."""
        start_s = time.process_time()
        found = watch.find(engine, LATER + next(times) * TICK, 0)
        duration_s = time.process_time() - start_s
        for each in found:
            waiting.discard(each.offered.name)
            with writing(engine) as connection:
                row = _arrival(str(landing), each.offered.name, next(times))
                insert_new(connection, tables.arrival, [{**row, "archive_id": uuid4().hex * 2}])
        return duration_s

    first_s = tick()
    while (duration_s := tick()) > 1:
        first_s += duration_s
    idle_ms = statistics.median(tick() for _ in range(IDLE_TICKS)) * 1000
    arriving = []
    for _ in range(IDLE_TICKS):
        name = f"new-{uuid4().hex}.zip"
        folder = landing / "0"
        land(folder, name)
        waiting.add(f"0/{name}")
        arriving.append(tick() * 1000)
    found_after = 1
    while waiting and found_after < MOST_TICKS:
        tick()
        found_after += 1
    if waiting:
        raise AssertionError(f"{len(waiting)} archives were not found")
    watch.close()
    return Ticks(idle_ms, statistics.median(arriving), found_after, first_s)


def land(folder: Path, name: str, content: bytes = b"") -> None:
    """Writes an archive that arrived on the day."""
    folder.mkdir(parents=True, exist_ok=True)
    fixtures.land(folder, name, content, 0)


def _fill(engine: Engine, landing: Path, number: int, per_folder: int) -> None:
    """Empty archives, all of which the ledger knows."""
    at = fixtures.ARRIVAL.timestamp()
    for some in chunks(range(number), PER_FOLDER):
        rows = []
        for each in some:
            name = f"{each // per_folder}/{each}.zip"
            path = landing / name
            if each % min(per_folder, number) == 0:
                path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT))
            os.utime(path, (at, at))
            rows.append(_arrival(str(landing), name, each))
        with writing(engine) as connection:
            insert_new(connection, tables.arrival, rows)


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
