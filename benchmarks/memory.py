"""Peak memory of each kind of process while one aircraft's day goes through all stages.

Days of 60, 200 and 2,000 recordings of two hours, each in a process of its own; memory must not
grow with their number. ``python -m benchmarks.memory 60 200`` measures days of other sizes and
prints the peaks of each stage, ``720:1000`` one of recordings of 720 s: what grows with their
number alone shows in less time. 2,000 recordings of two hours need 15 GB of disk.
"""

import json
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

import psutil

from benchmarks import fixtures
from benchmarks.fixtures import Fleet
from benchmarks.measure import Measurement, Target
from dataflow_health import wiring
from dataflow_health.operations import spark_session
from dataflow_health.settings import Settings
from dataflow_health.stages.chain import CHAIN
from dataflow_health.stages.stage import StageRequest
from dataflow_health.storage.ledger import stage_records

SIZES = (60, 200, 2000)
SAMPLING_S = 0.05
MOST_GROWTH = 1.25
"""Times that a peak may grow from the first size to another."""

Peaks = Mapping[str, Mapping[str, float]]
"""Megabytes by stage and kind of process."""


def run(*, quick: bool = False) -> list[Measurement]:
    """Processes days of one aircraft; of two sizes and 12 minutes each if quick."""
    fleets = [_fleet(size, 720 if quick else 7200) for size in ((6, 20) if quick else SIZES)]
    peaks = {fleet: _overall(measure(fleet)) for fleet in fleets}
    first = fleets[0]
    rows = []
    for fleet, of_fleet in peaks.items():
        for kind, peak_mb in of_fleet.items():
            rows.append(Measurement(f"memory, {fleet.name}: {kind}", peak_mb, "MB"))
            if fleet is not first:
                name = f"memory, {first.recordings:,} to {fleet.recordings:,}: {kind}"
                growth = peak_mb / peaks[first][kind]
                rows.append(Measurement(name, growth, "times", target=Target("<=", MOST_GROWTH)))
    return rows


def _fleet(recordings: int, duration_s: int) -> Fleet:
    length = "2 h" if duration_s == 7200 else f"{duration_s // 60} min"
    return Fleet(f"{recordings:,} of {length}", recordings, duration_s, aircraft=1)


def _overall(peaks: Peaks) -> dict[str, float]:
    kinds = sorted({kind for of_stage in peaks.values() for kind in of_stage})
    return {kind: max(of_stage.get(kind, 0.0) for of_stage in peaks.values()) for kind in kinds}


def measure(fleet: Fleet) -> Peaks:
    """Peak memory by stage and kind of process; a new process runs the stages."""
    with TemporaryDirectory(prefix="memory-", dir=fixtures.work_folder()) as folder:
        landing = Path(folder) / "landing"
        landing.mkdir()
        for number in range(fleet.recordings):
            fixtures.land(landing, f"{number:05}.zip", fixtures.archive(fleet, number), number)
        command = [sys.executable, "-m", "benchmarks.memory", folder]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as process:
            peaks, done = _sample(process)
    if process.returncode or done != fleet.recordings:
        raise AssertionError(f"{done} of {fleet.recordings} recordings were processed")
    return peaks


def _sample(process: "subprocess.Popen[str]") -> tuple[Peaks, int]:
    """Samples a process and its descendants until it ends; it prints the stage that it begins."""
    peaks: defaultdict[str, dict[str, float]] = defaultdict(dict)
    stage, ended = ["start"], Event()

    def sample() -> None:
        while not ended.wait(SAMPLING_S):
            with suppress(psutil.Error):
                for kind, size in _memory_mb(psutil.Process(process.pid)).items():
                    of_stage = peaks[stage[0]]
                    of_stage[kind] = max(size, of_stage.get(kind, 0.0))

    thread = Thread(target=sample)
    thread.start()
    try:
        for line in process.stdout or ():
            stage[0] = line.strip()
    finally:
        ended.set()
        thread.join()
    return peaks, int(stage[0]) if stage[0].isdigit() else 0


def _memory_mb(driver: psutil.Process) -> Mapping[str, float]:
    """Resident memory of the run, of Java, of Spark's workers together, and of sandboxes."""
    sizes: defaultdict[str, float] = defaultdict(float)
    for kind, process in _kinds(driver):
        with suppress(psutil.Error):
            sizes[kind] += process.memory_info().rss / 1e6
    return sizes


def _kinds(driver: psutil.Process) -> Iterator[tuple[str, psutil.Process]]:
    yield "run", driver
    for child in driver.children():
        is_java = "java" in child.name()
        yield ("Java" if is_java else "sandboxes"), child
        for below in child.children(recursive=True):
            yield ("Spark's workers" if is_java else "sandboxes"), below


def process_day(home: Path) -> None:
    """The measured process: prints each stage as it begins, at the end the number of results."""
    chosen = Settings(home=home, source_url=str(home / "landing"), settle_s=0)
    deps = wiring.dependencies(chosen)
    options = wiring.stage_options(chosen, lambda: spark_session.start(chosen))
    for stage in CHAIN:
        print(stage.name, flush=True)
        stage.run(deps, StageRequest(fixtures.DAY), options)
    done = stage_records.find(deps.engine, stage="load", day=fixtures.DAY, states=["done"])
    print(len(done), flush=True)


def main(arguments: Sequence[str]) -> None:
    """Processes the day of a folder, or measures days of some sizes."""
    if Path(arguments[0]).is_dir():
        process_day(Path(arguments[0]))
        return
    for given in arguments:
        duration_s, _, size = given.rpartition(":")
        start_s = time.monotonic()
        peaks = {
            stage: {kind: round(mb) for kind, mb in kinds.items()}
            for stage, kinds in measure(_fleet(int(size), int(duration_s or 7200))).items()
        }
        print(given, f"{time.monotonic() - start_s:.0f} s", json.dumps(peaks, indent=1), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
