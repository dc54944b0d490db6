"""How fast the board answers: 50 clients at once on a large ledger, SQLite and PostgreSQL.

10,000 recordings in the ledger, 200 arrival days, 60 checks and half a million answers. A real
server in a process of its own, so that clients and server do not share an interpreter. Beside the
routes: one reading and judging of everything, and the same board from the command line.
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
from benchmarks.measure import Row, Target
from benchmarks.status_scene import Size, fill, more_processes
from dataflow_health import settings
from dataflow_health.clock import utc_now
from dataflow_health.config import BUILTIN_FOLDER, process_config
from dataflow_health.config import catalogue as config
from dataflow_health.monitoring import evaluation
from dataflow_health.settings import Settings
from dataflow_health.storage.sql import database

CLIENTS = 50
ROUTES = ("/status", "/diagram", "/diagram/svg")
PROMISED_MS = 500.0
PORT = 8765


def run(*, quick: bool = False) -> list[Row]:
    """Both databases."""
    requests = 200 if quick else 2000
    with tempfile.TemporaryDirectory(dir=fixtures.workplace()) as folder:
        found = measure("SQLite", Path(folder) / "sqlite", "", requests)
        with postgresql.served() as url:
            return found + measure("PostgreSQL", Path(folder) / "postgres", url, requests)


def measure(where: str, home: Path, url: str, requests: int) -> list[Row]:
    """One database: the reading itself, the command, then each route while the watch goes on."""
    chosen = prepared(home, url)
    with served(chosen) as base:
        asked = [row for route in ROUTES for row in loaded(where, base, route, requests)]
    return [alone(where, chosen), command_line(where, chosen), *asked]


def prepared(home: Path, url: str) -> Settings:
    """A filled installation."""
    size = Size()
    own = more_processes(home / "own", config.load(BUILTIN_FOLDER), size)
    given = {"home": str(home), "config": str(own)} | ({"database_url": url} if url else {})
    chosen = Settings.model_validate(given)
    engine = database.connect(chosen.database_url.get_secret_value())
    database.upgrade(engine)
    fill(engine, config.load(BUILTIN_FOLDER, own), size)
    engine.dispose()
    return chosen


def alone(where: str, chosen: Settings) -> Row:
    """Reading everything and judging it, as one evaluation does."""
    engine = database.connect(chosen.database_url.get_secret_value())
    folders = (BUILTIN_FOLDER, *chosen.config_folders)
    declared = process_config.load(*folders)
    took_ms = []
    for _ in range(15):
        begun_s = time.perf_counter()
        now = utc_now()
        evaluation.make_report(declared, evaluation.read_records(engine, now), now)
        took_ms.append((time.perf_counter() - begun_s) * 1000)
    engine.dispose()
    what = f"{where}: one reading and judging of everything"
    return Row(what, statistics.median(took_ms), "ms")


def command_line(where: str, chosen: Settings) -> Row:
    """``dataflow-health status`` as a user calls it: interpreter, imports, reading, drawing."""
    took_ms = []
    words = [sys.executable, "-m", "dataflow_health.cli", "status"]
    for _ in range(7):
        begun_s = time.perf_counter()
        subprocess.run(words, env=exported(chosen), capture_output=True, check=False)
        took_ms.append((time.perf_counter() - begun_s) * 1000)
    return Row(f"{where}: `dataflow-health status`", statistics.median(took_ms), "ms")


def loaded(where: str, base: str, route: str, requests: int) -> Iterator[Row]:
    """One route, asked by all clients at once, without a pause."""
    took_ms: list[float] = []

    def client(_: int) -> None:
        with httpx.Client(base_url=base, timeout=30) as http:
            for _ in range(requests // CLIENTS):
                begun_s = time.perf_counter()
                http.get(route).raise_for_status()
                took_ms.append((time.perf_counter() - begun_s) * 1000)

    begun_s = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(client, range(CLIENTS)))
    whole_s = time.perf_counter() - begun_s
    p95_ms = statistics.quantiles(took_ms, n=20)[-1]
    what = f"{where}: {route}, {CLIENTS} clients"
    yield Row(f"{what}, p95", p95_ms, "ms", target=Target("<=", PROMISED_MS))
    yield Row(what, len(took_ms) / whole_s, "requests/s")


@contextmanager
def served(chosen: Settings) -> Iterator[str]:
    """The API in a process of its own."""
    words = [sys.executable, "-m", "dataflow_health.cli", "api", "--port", str(PORT)]
    base = f"http://127.0.0.1:{PORT}"
    with subprocess.Popen(words, env=exported(chosen), stdout=subprocess.DEVNULL) as server:
        try:
            until_answers(base)
            yield base
        finally:
            server.terminate()


def until_answers(base: str) -> None:
    """Waits until the API is up."""
    for _ in range(300):
        try:
            if httpx.get(f"{base}/health", timeout=10).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"nothing answers at {base}")


def exported(chosen: Settings) -> dict[str, str]:
    """The environment of a child under these settings."""
    child = settings.export(chosen)
    child[settings.PREFIX + "CONFIG"] = str(chosen.config)
    return child
