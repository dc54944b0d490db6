"""Growth of Dagster's own storage in `up`: of an idle day, and of a run of one recording.

Without retention, which removes old days, runs and results every night.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import mkdtemp

from benchmarks import fixtures
from benchmarks.landing import CANARY_S, landing_to_sql_s, serve
from benchmarks.measure import Measurement

IDLE_S = 300.0
RUNS = 5
DAY_S = 86_400
MB = 1_000_000
RUNS_A_DAY = 100
PARTS = {"ticks": "schedules", "runs and events": "history", "printed by runs": "storage"}
"""Folders of Dagster's home by what they hold."""


def run(*, quick: bool = False) -> list[Measurement]:
    """Lets `up` stand idle, and then land recordings, each in a run of its own."""
    idle_s, runs = (30.0, 1) if quick else (IDLE_S, RUNS)
    fleet = fixtures.TINY if quick else fixtures.FEW
    home = Path(mkdtemp(prefix="dagster-storage-", dir=fixtures.work_folder()))
    with serve(home):
        time.sleep(CANARY_S)
        begun_s, begun = time.monotonic(), _sizes(home)
        time.sleep(idle_s)
        days = (time.monotonic() - begun_s) / DAY_S
        idle = {part: (size - begun[part]) / days for part, size in _sizes(home).items()}
        begun_s, begun = time.monotonic(), _sizes(home)
        for number in range(runs):
            landing_to_sql_s(home, fleet, number)
        days = (time.monotonic() - begun_s) / DAY_S
        ended = _sizes(home)
    a_run = {part: (ended[part] - begun[part] - idle[part] * days) / runs for part in PARTS}
    return list(_rows(idle, a_run))


def _rows(idle: dict[str, float], a_run: dict[str, float]) -> Iterator[Measurement]:
    for part in PARTS:
        yield Measurement(f"an idle day: {part}", idle[part] / MB, "MB")
    for part in PARTS:
        yield Measurement(f"a run of one recording: {part}", a_run[part] / MB, "MB")
    total = sum(idle.values()) + RUNS_A_DAY * sum(a_run.values())
    yield Measurement("an idle day", sum(idle.values()) / MB, "MB")
    yield Measurement(f"a day of {RUNS_A_DAY} runs", total / MB, "MB")


def _sizes(home: Path) -> dict[str, int]:
    """Bytes of each part."""
    return {
        part: sum(map(_size, (home / "dagster" / folder).rglob("*.*")))
        for part, folder in PARTS.items()
    }


def _size(path: Path) -> int:
    """Bytes of a file; of SQLite the pages in use, as its log grows and shrinks at any time."""
    if path.suffix != ".db":
        return 0 if path.name.endswith(("-wal", "-shm")) else path.stat().st_size
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
        pages, free, of_bytes = (
            database.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
    return int((pages - free) * of_bytes)
