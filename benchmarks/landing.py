"""An archive dropped into the landing folder of ``up``, until its answers are in SQL.

Everything is in it: the wait until the file has settled, the sensor's tick, the queue, a new
process for the run, Java and Spark, and the daemon, UI and API beside it.
"""

import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

import httpx
from sqlalchemy import func, select

from benchmarks import fixtures
from benchmarks.fixtures import Fleet
from benchmarks.measure import Row, Target
from dataflow_health import wiring
from dataflow_health.settings import Settings
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch

PROMISED_S = 60.0
SETTLING_S = 60.0
"""After its start ``up`` flies the canary; a recording is dropped when that is over."""
PORT, API_PORT = 3987, 8987
LONGEST_S = 300.0


def run(*, quick: bool = False) -> list[Row]:
    """Three recordings one after the other, each through a run of its own."""
    fleet = fixtures.TINY if quick else fixtures.FEW
    home = Path(mkdtemp(prefix="landing-", dir=fixtures.workplace()))
    with _up(home):
        time.sleep(SETTLING_S)
        taken_s = [_dropped(home, fleet, number) for number in range(1 if quick else 3)]
    what = f"one recording of {fleet.name.partition(' of ')[2]}, landing to SQL in `up`"
    return [Row(what, statistics.median(taken_s), "s", target=Target("<=", PROMISED_S))]


@contextmanager
def _up(home: Path) -> Iterator[None]:
    words = [sys.executable, "-m", "dataflow_health.cli", "up", "--home", str(home)]
    words += ["--port", str(PORT), "--api-port", str(API_PORT)]
    environ = {k: v for k, v in os.environ.items() if not k.startswith("DAGSTER")}
    with subprocess.Popen(
        words, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            _wait(lambda: _answers(f"http://127.0.0.1:{PORT}/server_info"))
            _wait(lambda: _answers(f"http://127.0.0.1:{API_PORT}/api/v1/health"))
            yield
        finally:
            process.send_signal(signal.SIGINT)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.HTTPError:
        return False


def _dropped(home: Path, fleet: Fleet, number: int) -> float:
    """Seconds until one more recording is answered."""
    engine = wiring.dependencies(Settings(home=home)).engine
    answered = select(
        func.count(tables.algorithm_run.c.recording_id.distinct()).label("recordings")
    )
    before = fetch(engine, answered)[0].recordings
    beside = home / f"{number}.zip"
    beside.write_bytes(fixtures.archive(fleet, number * fleet.aircraft))
    begun_s = time.monotonic()
    beside.rename(home / "landing" / beside.name)
    _wait(lambda: fetch(engine, answered)[0].recordings > before)
    return time.monotonic() - begun_s


def _wait(until: Callable[[], bool]) -> None:
    begun_s = time.monotonic()
    while not until():
        if time.monotonic() - begun_s > LONGEST_S:
            raise AssertionError(f"nothing came within {LONGEST_S:g} s")
        time.sleep(0.2)
