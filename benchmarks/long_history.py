"""CPU time of reading and judging 1,000,000 recordings of 5,000 days beside 10,000 of 200 days.

On SQLite, and on PostgreSQL with the time of its server. Both ledgers have ten recordings in
quarantine: open problems do cost.
"""

import statistics
import time
from collections.abc import Callable, Mapping

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


def run(*, quick: bool = False) -> list[Measurement]:
    """Measures both databases, each with both ledgers."""
    rows: list[Measurement] = []
    sizes = (SMALL, QUICK_LARGE if quick else LARGE)
    for kind in both_databases.KINDS:
        small, large = (_measure(kind, *size) for size in sizes)
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


def _measure(kind: str, recordings: int, days: int) -> Mapping[str, float]:
    """Milliseconds of CPU by name, on a new ledger."""
    declared = config.load(BUILTIN_FOLDER)
    every = recordings // IN_QUARANTINE
    size = LedgerSize(recordings, days, 1, 0, every, checked_on_its_day=True)
    with both_databases.opened(kind) as engine:
        database.upgrade(engine)
        repeated_ledger.fill(engine, declared, size, max(1, recordings // SMALL[0]))
        print(f"{kind}: {recordings:,} recordings are there", flush=True)
        cpu = _server_cpu(engine) if kind == "PostgreSQL" else _Cpu(())
        return {name: cpu.cost_ms(work) for name, work in works(engine, declared, NOW).items()}


def _server_cpu(engine: Engine) -> "_Cpu":
    backend = fetch(engine, select(func.pg_backend_pid().label("pid")))[0].pid
    server = psutil.Process(backend).parent()
    return _Cpu((server,) if server else ())


class _Cpu:
    """CPU time of this process and of a server's processes."""

    def __init__(self, servers: tuple[psutil.Process, ...]) -> None:
        self._servers = servers

    def _now_s(self) -> float:
        used_s = time.process_time()
        for server in self._servers:
            for each in (server, *server.children(recursive=True)):
                times = each.cpu_times()
                used_s += times.user + times.system
        return used_s

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
