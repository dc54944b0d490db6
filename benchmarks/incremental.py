"""One new recording from the landing folder to SQL, through Dagster: cold, and in a warm process.

Cold is everything from the start of a new process: imports, definitions, Java, Spark, eight stages
and their checks. Warm is the next recording of the same aircraft and day in that process. Run as a
program, this is that process.
"""

import json
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp

import psutil

from benchmarks import fixtures
from benchmarks.measure import REPETITIONS, Row, Target

TARGETS_S = {"cold": 15.0, "warm": 6.0}


def run(*, quick: bool = False) -> list[Row]:
    """A recording of two hours, or of twelve minutes when it has to be quick."""
    fleet = fixtures.TINY if quick else fixtures.FEW
    every = [_process(fleet) for _ in range(1 if quick else REPETITIONS)]
    return [
        Row(f"one recording of {fleet.name.partition(' of ')[2]} through Dagster, {state}",
            statistics.median(taken[state] for taken in every), "s",
            target=Target("<=", most_s))
        for state, most_s in TARGETS_S.items()
    ]  # fmt: skip


def _process(fleet: fixtures.Fleet) -> dict[str, float]:
    home = Path(mkdtemp(prefix="incremental-", dir=fixtures.workplace()))
    for number, place in ((0, "landing"), (fleet.aircraft, "next")):
        folder = home / place
        folder.mkdir()
        fixtures.put(folder, f"{place}.zip", fixtures.archive(fleet, number), number)
    command = [sys.executable, "-m", "benchmarks.incremental", str(home)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


def main(home: Path) -> None:
    """Tells the seconds of both runs as JSON."""
    begun = psutil.Process().create_time()
    cold_s = _one(home, begun)
    waiting = home / "next" / "next.zip"
    waiting.rename(home / "landing" / waiting.name)
    warm_s = _one(home, time.time())
    print(json.dumps({"cold": cold_s, "warm": warm_s}))


def _one(home: Path, begun: float) -> float:
    import dagster as dg

    from dataflow_health import definitions, logs, settings, wiring
    from dataflow_health.operations import dagster_home
    from dataflow_health.orchestration.jobs import in_process

    chosen = settings.adopt(home)
    logs.configure("ERROR")
    dagster_home.prepare(chosen)
    days = in_process.due(wiring.dependencies(chosen), chosen)
    with dg.DagsterInstance.get() as opened:
        failed = in_process.run_days(definitions.build(), opened, days, lambda _day: None)
    if failed or days != [fixtures.DAY]:
        raise AssertionError(f"days {days}, of which failed: {failed}")
    return datetime.now(UTC).timestamp() - begun


if __name__ == "__main__":
    main(Path(sys.argv[1]))
