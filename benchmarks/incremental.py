"""One new recording from the landing folder to SQL through Dagster, in a cold and a warm process.

Cold includes the start of a new process: imports, definitions, Java, Spark, eight stages and their
checks. Java starts from the archive of Spark's classes, as it does a minute after the first ``up``
of a home; without is the same before that. Warm is the next recording of the same aircraft and day
in that process. This module is also the program of that process.
"""

import json
import shutil
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp

import psutil

from benchmarks import fixtures
from benchmarks.measure import REPETITIONS, Measurement, Target
from dataflow_health import settings
from dataflow_health.settings import Settings

WITHOUT = "cold, without the archive of classes"
TARGETS = {"cold": Target("<=", 10), WITHOUT: None, "warm": Target("<=", 6)}


def run(*, quick: bool = False) -> list[Measurement]:
    """Processes recordings of two hours, or of 12 minutes if quick."""
    fleet = fixtures.TINY if quick else fixtures.FEW
    classes = _archive_of_classes()
    runs = []
    for _ in range(1 if quick else REPETITIONS):
        without = {WITHOUT: _run_in_new_process(fleet, None)["cold"]}
        runs.append(_run_in_new_process(fleet, classes) | without)
    return [
        Measurement(f"one recording of {fleet.name.partition(' of ')[2]} through Dagster, {state}",
            statistics.median(durations[state] for durations in runs), "s",
            target=target)
        for state, target in TARGETS.items()
    ]  # fmt: skip


def _archive_of_classes() -> Path:
    """Folder with the archive, which is made as ``up`` has it made."""
    home = Path(mkdtemp(prefix="classes-", dir=fixtures.work_folder()))
    command = [sys.executable, "-m", "dataflow_health.cli.class_archive"]
    chosen = Settings(home=home)
    subprocess.run(command, check=True, env=settings.export(chosen))
    return chosen.java_folder


def _run_in_new_process(fleet: fixtures.Fleet, classes: Path | None) -> dict[str, float]:
    home = Path(mkdtemp(prefix="incremental-", dir=fixtures.work_folder()))
    for number, name in ((0, "landing"), (fleet.aircraft, "next")):
        folder = home / name
        folder.mkdir()
        fixtures.land(folder, f"{name}.zip", fixtures.archive(fleet, number), number)
    if classes is not None:
        shutil.copytree(classes, home / classes.name)
    command = [sys.executable, "-m", "benchmarks.incremental", str(home)]
    completed = subprocess.run(command, check=True, capture_output=True, text=True)
    durations: dict[str, float] = json.loads(completed.stdout.splitlines()[-1])
    return durations


def main(home: Path) -> None:
    """Prints the durations of both runs as JSON."""
    start_s = psutil.Process().create_time()
    cold_s = _process_days(home, start_s)
    waiting = home / "next" / "next.zip"
    waiting.rename(home / "landing" / waiting.name)
    warm_s = _process_days(home, time.time())
    print(json.dumps({"cold": cold_s, "warm": warm_s}))


def _process_days(home: Path, start_s: float) -> float:
    from dataflow_health import logs
    from dataflow_health.cli import pipeline_run, terminal
    from dataflow_health.cli.run import due_days

    chosen = settings.adopt(home)
    logs.configure("ERROR")
    days = due_days(chosen)
    failed = pipeline_run.run_days(chosen, days, terminal.console(stderr=True, quiet=True))
    if failed or days != [fixtures.DAY]:
        raise AssertionError(f"processed days: {days}, failed: {failed}")
    return datetime.now(UTC).timestamp() - start_s


if __name__ == "__main__":
    main(Path(sys.argv[1]))
