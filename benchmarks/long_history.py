"""CPU time of reading and judging 1,000,000 recordings of 5,000 days beside 10,000 of 50 days.

On SQLite, and on PostgreSQL with the time of its server. Both ledgers have ten recordings in
quarantine: open problems do cost. To fill the larger one takes most of the time: with a folder
both stay there, and ``python -m benchmarks.long_history FOLDER`` only fills them.
"""

import os
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil
from sqlalchemy import Engine, func, select

from benchmarks import both_databases, repeated_ledger
from benchmarks.filled_ledger import NOW, LedgerSize
from benchmarks.history import ALLOWED_GROWTH, IN_QUARANTINE, works
from benchmarks.measure import REPETITIONS, Measurement, Target
from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config import catalogue as config
from dataflow_health.storage.sql import database
from dataflow_health.storage.sql.statements import fetch

SMALL, LARGE = (10_000, 50), (1_000_000, 5_000)
QUICK_LARGE = (20_000, 100)
"""Recordings and arrival days: the same fleet, early and years later."""
ALLOWED_MS = Target("<=", 100)
FILLED = "filled"
"""File beside a kept database that was filled to the end."""


def run(*, quick: bool = False, keep: Path | None = None) -> list[Measurement]:
    """Measures both databases, each with both ledgers.

    Args:
        quick: Whether the larger ledger is small as well.
        keep: Folder in which the ledgers stay, and are taken from when they are there.
    """
    rows: list[Measurement] = []
    sizes = (SMALL, QUICK_LARGE if quick else LARGE)
    for kind in both_databases.KINDS:
        small, large = (_measure(kind, size, keep) for size in sizes)
        for name, cost in small.items():
            rows += [
                Measurement(f"{kind}: {name}, {sizes[0][0]:,}", cost, "ms of CPU"),
                Measurement(
                    f"{kind}: {name}, {sizes[1][0]:,}", large[name], "ms of CPU", target=ALLOWED_MS
                ),
                Measurement(
                    f"{kind}: {name}, growth", large[name] / cost, "times", target=ALLOWED_GROWTH
                ),
            ]
    return rows


@contextmanager
def ledger(kind: str, size: tuple[int, int], keep: Path | None = None) -> Iterator[Engine]:
    """A filled ledger.

    Args:
        kind: One of the kinds of database.
        size: Recordings and arrival days.
        keep: Folder in which it stays, and is taken from when it is there.
    """
    folder = keep and keep / f"{kind}-{size[0]}"
    mark = folder and folder.with_name(f"{folder.name}-{FILLED}")
    is_filled = mark is not None and mark.exists()
    if folder and not is_filled:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    with both_databases.opened(kind, folder) as engine:
        database.upgrade(engine)
        if not is_filled:
            _fill(engine, *size)
        if mark:
            mark.touch()
        yield engine


def _fill(engine: Engine, recordings: int, days: int) -> None:
    begun_s = time.monotonic()
    every = recordings // IN_QUARANTINE
    size = LedgerSize(recordings, days, 1, 0, every, checked_on_its_day=True)
    blocks = max(1, recordings // SMALL[0])
    repeated_ledger.fill(engine, config.load(BUILTIN_FOLDER), size, blocks)
    kind, took_s = engine.dialect.name, time.monotonic() - begun_s
    print(f"{kind}: {recordings:,} recordings are there after {took_s:.0f} s", flush=True)


def _measure(kind: str, size: tuple[int, int], keep: Path | None) -> Mapping[str, float]:
    """Milliseconds of CPU by name."""
    with ledger(kind, size, keep) as engine:
        cpu = server_cpu(engine) if kind == "PostgreSQL" else Cpu(())
        measured = works(engine, config.load(BUILTIN_FOLDER), NOW)
        return {name: cpu.cost_ms(work) for name, work in measured.items()}


def server_cpu(engine: Engine) -> "Cpu":
    """CPU time that counts the server of an engine as well."""
    backend = fetch(engine, select(func.pg_backend_pid().label("pid")))[0].pid
    server = psutil.Process(backend).parent()
    return Cpu((server,) if server else ())


class Cpu:
    """CPU time of this process, of its children that have ended, and of a server's processes."""

    def __init__(self, servers: tuple[psutil.Process, ...]) -> None:
        """Measures nothing yet.

        Args:
            servers: Main processes of servers.
        """
        self._servers = servers

    def _now_s(self) -> float:
        used_s = time.process_time()
        children = os.times()
        used_s += children.children_user + children.children_system
        for server in self._servers:
            for each in (server, *server.children(recursive=True)):
                times = each.cpu_times()
                used_s += times.user + times.system
        return used_s

    def once_ms(self, work: Callable[[], object]) -> float:
        """CPU time of one run of a function in milliseconds."""
        begun_s = self._now_s()
        work()
        return (self._now_s() - begun_s) * 1000

    def cost_ms(self, work: Callable[[], object]) -> float:
        """Median CPU time of a function in milliseconds, after one unmeasured run."""
        times_per_run = 10 if self._servers else 1  # a server counts in hundredths of a second
        work()
        costs = []
        for _ in range(REPETITIONS):
            begun_s = self._now_s()
            for _ in range(times_per_run):
                work()
            costs.append((self._now_s() - begun_s) * 1000 / times_per_run)
        return statistics.median(costs)


def main(folder: str) -> None:
    """Fills both ledgers of both kinds in a folder."""
    for kind in both_databases.KINDS:
        for size in (SMALL, LARGE):
            with ledger(kind, size, Path(folder)):
                print(f"{kind}: {size[0]:,} recordings in {folder}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
