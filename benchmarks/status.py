"""Response times of the status API with 50 clients and a large ledger, SQLite and PostgreSQL.

The ledger has 10,000 recordings, 200 arrival days, 60 checks and half a million results. The server
runs in its own process, so clients and server do not share an interpreter. Also measures one
evaluation of the whole ledger, and the status command.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx

from benchmarks import fixtures, postgresql
from benchmarks.filled_ledger import LedgerSize, fill_ledger, write_extra_processes
from benchmarks.measure import Measurement, Target
from benchmarks.waiting import responds, wait_until
from dataflow_health import settings
from dataflow_health.clock import utc_now
from dataflow_health.config import BUILTIN_FOLDER, process_config
from dataflow_health.config import catalogue as config
from dataflow_health.monitoring import evaluation
from dataflow_health.settings import Settings
from dataflow_health.storage.sql import database

CLIENTS = 50
ROUTES = ("/status", "/diagram", "/diagram/svg")
TARGET_MS = 500.0
PORT = 8765


def run(*, quick: bool = False) -> list[Measurement]:
    """Measures both databases."""
    requests = 200 if quick else 2000
    with tempfile.TemporaryDirectory(dir=fixtures.work_folder()) as folder:
        measurements = measure_database("SQLite", Path(folder) / "sqlite", "", requests)
        with postgresql.serve() as url:
            return measurements + measure_database(
                "PostgreSQL", Path(folder) / "postgres", url, requests
            )


def measure_database(name: str, home: Path, url: str, requests: int) -> list[Measurement]:
    """Measures one database: evaluation, command, and each route while the monitor runs."""
    chosen = prepare(home, url)
    with serve_api(chosen) as base:
        routes = [row for route in ROUTES for row in load_route(name, base, route, requests)]
    return [time_evaluation(name, chosen), time_command(name, chosen), *routes]


def prepare(home: Path, url: str) -> Settings:
    """Creates an installation with a filled ledger."""
    size = LedgerSize()
    extra = write_extra_processes(home / "extra", config.load(BUILTIN_FOLDER), size)
    values = {"home": str(home), "config": str(extra)} | ({"database_url": url} if url else {})
    chosen = Settings.model_validate(values)
    engine = database.connect(chosen.database_url.get_secret_value())
    database.upgrade(engine)
    fill_ledger(engine, config.load(BUILTIN_FOLDER, extra), size)
    engine.dispose()
    return chosen


def time_evaluation(name: str, chosen: Settings) -> Measurement:
    """Measures one evaluation: reading the ledger and computing the report."""
    engine = database.connect(chosen.database_url.get_secret_value())
    folders = (BUILTIN_FOLDER, *chosen.config_folders)
    declared = process_config.load(*folders)
    durations_ms = []
    for _ in range(15):
        start_s = time.perf_counter()
        now = utc_now()
        evaluation.make_report(declared, evaluation.read_records(engine, now), now)
        durations_ms.append((time.perf_counter() - start_s) * 1000)
    engine.dispose()
    return Measurement(f"{name}: one evaluation", statistics.median(durations_ms), "ms")


def time_command(name: str, chosen: Settings) -> Measurement:
    """Measures ``dataflow-health status``, including the start of the interpreter."""
    durations_ms = []
    command = [sys.executable, "-m", "dataflow_health.cli", "status"]
    for _ in range(7):
        start_s = time.perf_counter()
        subprocess.run(command, env=child_environment(chosen), capture_output=True, check=False)
        durations_ms.append((time.perf_counter() - start_s) * 1000)
    return Measurement(f"{name}: `dataflow-health status`", statistics.median(durations_ms), "ms")


def load_route(name: str, base: str, route: str, requests: int) -> Iterator[Measurement]:
    """Measures one route, requested by all clients at once without pauses."""
    durations_ms: list[float] = []

    def client(_: int) -> None:
        with httpx.Client(base_url=base, timeout=30) as http:
            for _ in range(requests // CLIENTS):
                start_s = time.perf_counter()
                http.get(route).raise_for_status()
                durations_ms.append((time.perf_counter() - start_s) * 1000)

    start_s = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(client, range(CLIENTS)))
    total_s = time.perf_counter() - start_s
    p95_ms = statistics.quantiles(durations_ms, n=20)[-1]
    label = f"{name}: {route}, {CLIENTS} clients"
    yield Measurement(f"{label}, p95", p95_ms, "ms", target=Target("<=", TARGET_MS))
    yield Measurement(label, len(durations_ms) / total_s, "requests/s")


@contextmanager
def serve_api(chosen: Settings) -> Iterator[str]:
    """Runs the API in its own process and yields its URL."""
    command = [sys.executable, "-m", "dataflow_health.cli", "api", "--port", str(PORT)]
    base = f"http://127.0.0.1:{PORT}"
    with subprocess.Popen(
        command, env=child_environment(chosen), stdout=subprocess.DEVNULL
    ) as server:
        try:
            wait_until(lambda: responds(f"{base}/health"))
            yield base
        finally:
            server.terminate()


def child_environment(chosen: Settings) -> dict[str, str]:
    """Environment variables of a child process with these settings."""
    child = settings.export(chosen)
    child[settings.PREFIX + "CONFIG"] = str(chosen.config)
    return child
