"""Ends jobs of Spark in every way, each followed by a job that must succeed; prints the reasons.

``python -m dataflow_health_tests.stages.ending_spark HOME [DISK]``, in a process of its own, whose
Java is killed. DISK is a small file system that SPARK_LOCAL_DIRS names.
"""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psutil
import pyarrow as pa

from dataflow_health.errors import SparkError
from dataflow_health.operations import spark_session
from dataflow_health.settings import Settings
from dataflow_health.stages import spark_tasks
from dataflow_health.storage.files.lake import Lake

Work = Callable[[int], Iterator[pa.RecordBatch]]
FAILING = 3
"""Number of the item at which a job ends."""


def answer(number: int) -> Iterator[pa.RecordBatch]:
    """An item that succeeds."""
    yield pa.record_batch({"number": pa.array([number], pa.int64())})


def kill_worker(number: int) -> Iterator[pa.RecordBatch]:
    """Kills the worker."""
    if number == FAILING:
        os.kill(os.getpid(), signal.SIGKILL)
    yield from answer(number)


def fill_worker(number: int) -> Iterator[pa.RecordBatch]:
    """Asks for more memory than there is."""
    if number == FAILING:
        bytearray(1 << 62)
    yield from answer(number)


def kill_java(number: int) -> Iterator[pa.RecordBatch]:
    """Kills the Java of the session."""
    if number == FAILING:
        java = next(each for each in psutil.Process().parents() if "java" in each.name())
        java.kill()
        time.sleep(60)
    time.sleep(0.2)
    yield from answer(number)


def fill_java(_number: int) -> Iterator[pa.RecordBatch]:
    """Returns more than Java's memory."""
    yield pa.record_batch({"number": pa.array([bytes(60 << 20)])})


def fill_lake(url: str, number: int) -> Iterator[pa.RecordBatch]:
    """Writes more than the lake's disk has."""
    if number == FAILING:
        Lake(url).write("parse/a.bin", bytes(1 << 20))
    yield from answer(number)


def run(chosen: Settings, work: Work) -> None:
    """A job of a few items."""
    items = [(1, number) for number in range(8)]
    session = spark_session.start(chosen)
    spark_tasks.run(session, "job", items, spark_tasks.EachItem(work), "number bigint")


def report(chosen: Settings, way: str, work: Work) -> None:
    """Prints the reason of a job that fails."""
    try:
        run(chosen, work)
    except SparkError as error:
        sys.stdout.write(f"{way}\t{error}\n")


def main(home: Path, disk: str) -> None:
    """All ways."""
    chosen = Settings(home=home, spark_driver_memory="512m", spark_master="local[2]")
    run(chosen, answer)
    if disk:
        report(chosen, "disk of the lake full", partial(fill_lake, (Path(disk) / "lake").as_uri()))
        run(chosen, answer)
        filling = Path(disk) / "filling"
        with filling.open("wb", buffering=0) as file:
            while True:
                try:
                    file.write(bytes(1024))
                except OSError:
                    break
        report(chosen, "disk full", answer)
        filling.unlink()
        run(chosen, answer)
    for way, work in (
        ("worker killed", kill_worker),
        ("worker without memory", fill_worker),
        ("Java killed", kill_java),
        ("Java without memory", fill_java),
    ):
        report(chosen, way, work)
        run(chosen, answer)
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
