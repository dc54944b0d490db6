"""Time from an archive in the landing folder of ``up`` to its results in SQL.

Includes waiting until the file is complete, the sensor tick, the queue, a new process for the run,
and the start of Java and Spark, with daemon, UI and API running. The archive of Spark's classes is
there, as it is some two minutes after the first start of ``up`` in a home.
"""

import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

import psutil
from sqlalchemy import func, select

from benchmarks import fixtures
from benchmarks.fixtures import Fleet
from benchmarks.measure import Measurement, Target
from benchmarks.waiting import free_port, responds, wait_until
from dataflow_health import wiring
from dataflow_health.operations import home_claim, spare_run
from dataflow_health.settings import Settings
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch

TARGET_S = 12.0
CANARY_S = 60.0
"""Time of the canary run after the start of ``up``; recordings arrive afterwards."""
TIMEOUT_S = 300.0


def run(*, quick: bool = False) -> list[Measurement]:
    """Processes three recordings, each in its own run, and after each of them another at once."""
    fleet = fixtures.TINY if quick else fixtures.FEW
    home = Path(mkdtemp(prefix="landing-", dir=fixtures.work_folder()))
    with serve(home):
        time.sleep(CANARY_S)
        wait_until(lambda: list(home.glob("java/spark-classes-*.jsa")), TIMEOUT_S)
        ready_s, at_once_s = [], []
        for number in range(0, 2 if quick else 6, 2):
            wait_until(lambda: stands_ready(home), TIMEOUT_S)
            ready_s.append(landing_to_sql_s(home, fleet, number))
            at_once_s.append(landing_to_sql_s(home, fleet, number + 1))
    name = f"one recording of {fleet.name.partition(' of ')[2]}, landing to SQL in `up`"
    return [
        Measurement(name, statistics.median(ready_s), "s", target=Target("<=", TARGET_S)),
        Measurement(f"{name}, just after another", statistics.median(at_once_s), "s"),
    ]


def stands_ready(home: Path) -> bool:
    """Whether the ``up`` of a home holds a process ready for the next run."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            words = process.cmdline()
            if "dataflow_health.cli.spare_run" in words:
                is_ours = process.environ().get(home_claim.MARK) == str(home.resolve())
                if is_ours and (Path(words[-1]) / f"{process.pid}{spare_run.SUFFIX}").exists():
                    return True
    return False


@contextmanager
def serve(home: Path) -> Iterator[None]:
    """Runs ``dataflow-health up`` until its UI and API respond, and stops it afterwards."""
    port, api_port = free_port(), free_port()
    command = [sys.executable, "-m", "dataflow_health.cli", "up", "--home", str(home)]
    command += ["--port", str(port), "--api-port", str(api_port)]
    environ = {k: v for k, v in os.environ.items() if not k.startswith("DAGSTER")}
    with subprocess.Popen(
        command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            wait_until(lambda: responds(f"http://127.0.0.1:{port}/server_info"), TIMEOUT_S)
            wait_until(lambda: responds(f"http://127.0.0.1:{api_port}/api/v1/health"), TIMEOUT_S)
            yield
        finally:
            process.send_signal(signal.SIGINT)


def landing_to_sql_s(home: Path, fleet: Fleet, number: int) -> float:
    """Lets one recording arrive; returns the seconds until its results are in SQL."""
    engine = wiring.dependencies(Settings(home=home)).engine
    completed = select(
        func.count(tables.algorithm_run.c.recording_id.distinct()).label("recordings")
    )
    before = fetch(engine, completed)[0].recordings
    prepared = home / f"{number}.zip"
    prepared.write_bytes(fixtures.archive(fleet, number * fleet.aircraft))
    start_s = time.monotonic()
    prepared.rename(home / "landing" / prepared.name)
    wait_until(lambda: fetch(engine, completed)[0].recordings > before, TIMEOUT_S)
    return time.monotonic() - start_s
