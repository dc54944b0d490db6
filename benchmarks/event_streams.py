"""A thousand event streams on one server, and live signals that come in meanwhile.

``python -m benchmarks.event_streams [--clients 1000] [--points-per-s 10000] [--seconds 60]
[--streams both] [--limit]``

The server is the command ``dataflow-health api`` with its checks, in a process of its own; clients
and producer are two further processes, so that three of them share the machine's cores.

1. Half of the clients follow ``/events``, half ``/telemetry/stream`` with five signals; with
   ``--streams events`` or ``--streams signals``, all of them follow one of the two.
2. Values come in, each of which is the time at which it was sent; the delay of an update is the
   time from there until a client has it.
3. The landing folder vanishes: the delay is the time until each client of ``/events`` knows.

With ``--limit`` only the ingest is measured, without clients: the rate is doubled from
``--points-per-s`` on until the server takes less than nine tenths of it, or answers later than a
second; producers and server share the machine's cores.

Prints delays (median, 99 of 100, longest), updates a second, and the server's CPU and memory.
"""

import argparse
import asyncio
import hashlib
import json
import multiprocessing
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

import httpx
import psutil

from benchmarks import fixtures
from benchmarks.waiting import free_port, responds, wait_until
from dataflow_health.storage.sql import database

SIGNALS = 100
CHOSEN = 5
SAMPLES_AT_ONCE = 10
PRODUCERS = 8
"""Producers that look for the limit: each waits for an answer before it sends again."""
TAKEN = 0.9
LONGEST_ANSWER_S = 1.0
KEY = "producer"
"""Key of the producer; only its digest is in the settings."""


@dataclass(slots=True)
class Watched:
    """What the clients saw.

    Attributes:
        connected: Streams that had their first event.
        ended: Streams that ended before the measurement did.
        updates: Events with new points.
        delays_s: Time from sending of the newest point to its receipt, of each such event.
        changes_at_s: When each client of ``/events`` knew that the landing folder is gone.
    """

    connected: int = 0
    ended: int = 0
    updates: int = 0
    delays_s: list[float] = field(default_factory=list)
    changes_at_s: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Load:
    """CPU and memory of the server over some time."""

    cores: float
    rss_mb: float


def main() -> None:
    """Measures and prints."""
    arguments = _arguments()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory(dir=fixtures.work_folder()) as folder:
        home = Path(folder)
        (home / "landing").mkdir()
        with _server(home) as (url, process):
            if arguments.limit:
                _find_limit(url, process, arguments.points_per_s, arguments.seconds)
            else:
                _measure(url, process, home, arguments)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--points-per-s", type=int, default=10_000)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--limit", action="store_true")
    parser.add_argument("--streams", choices=("both", "events", "signals"), default="both")
    return parser.parse_args()


def _measure(url: str, process: psutil.Process, home: Path, arguments: argparse.Namespace) -> None:
    empty_mb = process.memory_info().rss / 1e6
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    clients = context.Process(
        target=_clients, args=(url, arguments.clients, arguments.streams, theirs)
    )
    clients.start()
    begun_s = time.monotonic()
    assert ours.recv() == "connected"
    print(f"{arguments.clients} clients connected in {time.monotonic() - begun_s:.1f} s")
    idle = _load(process, min(arguments.seconds, 20))
    _print_load(f"idle; {empty_mb:.0f} MB before the clients", idle)
    arguments_of_producer = (url, arguments.points_per_s, arguments.seconds)
    with context.Pool(1) as pool:
        ours.send("signals")
        sent = pool.apply_async(_produce, arguments_of_producer)
        busy = _load(process, arguments.seconds)
        points, latencies_s = sent.get(arguments.seconds + 120)
    ours.send("signals end")
    _print_load(f"{points / arguments.seconds:,.0f} points a second in", busy)
    _print_delays("answers to the producer", latencies_s)
    gone_s = time.time()
    (home / "landing").rmdir()
    time.sleep(15)
    ours.send("stop")
    watched: Watched = ours.recv()
    clients.join(60)
    rate = watched.updates / arguments.seconds
    print(f"{watched.updates:,} updates, {rate:,.0f} a second; {watched.ended} streams lost")
    _print_delays("updates of signals", watched.delays_s)
    changes = [at_s - gone_s for at_s in watched.changes_at_s]
    _print_delays(f"status change at {len(changes)} clients", changes)
    size_mb = sum(each.stat().st_size for each in home.glob("telemetry.sqlite*")) / 1e6
    print(f"{size_mb:.0f} MB of points stored; {size_mb * 1e6 / max(points, 1):.0f} bytes a point")


def _find_limit(url: str, process: psutil.Process, points_per_s: int, seconds: int) -> None:
    """Prints a row for each rate up to the first one that the server does not take."""
    print("| points a second sent | taken | answer, median | answer, p99 | cores of the server |")
    print("| --- | --- | --- | --- | --- |")
    context = multiprocessing.get_context("spawn")
    is_taken = True
    with context.Pool(PRODUCERS) as pool:
        pool.starmap(_produce, [(url, SIGNALS * SAMPLES_AT_ONCE, 1)] * PRODUCERS)  # starts them
        while is_taken:
            share = (url, points_per_s // PRODUCERS, seconds)
            before_s, begun_s = sum(process.cpu_times()[:2]), time.monotonic()
            parts = pool.starmap(_produce, [share] * PRODUCERS)
            took_s = time.monotonic() - begun_s
            cores = (sum(process.cpu_times()[:2]) - before_s) / took_s
            taken = sum(points for points, _ in parts) / seconds
            delays_s = sorted(delay_s for _, some in parts for delay_s in some)
            median_s, p99_s = statistics.median(delays_s), delays_s[int(0.99 * (len(delays_s) - 1))]
            print(
                f"| {points_per_s:,} | {taken:,.0f} | {median_s:.2f} s | {p99_s:.2f} s "
                f"| {cores:.2f} |",
                flush=True,
            )
            is_taken = taken >= TAKEN * points_per_s and median_s <= LONGEST_ANSWER_S
            points_per_s *= 2


def _load(process: psutil.Process, seconds: float) -> Load:
    before, begun_s = process.cpu_times(), time.monotonic()
    time.sleep(seconds)
    after, took_s = process.cpu_times(), time.monotonic() - begun_s
    used_s = after.user + after.system - before.user - before.system
    return Load(used_s / took_s, process.memory_info().rss / 1e6)


def _print_load(name: str, load: Load) -> None:
    print(f"server, {name}: {load.cores:.2f} cores, {load.rss_mb:.0f} MB")


def _print_delays(name: str, delays_s: Sequence[float]) -> None:
    if not delays_s:
        print(f"{name}: none")
        return
    ordered = sorted(delays_s)
    shown = statistics.median(ordered), ordered[int(0.99 * (len(ordered) - 1))], ordered[-1]
    print(f"{name}: median {shown[0]:.2f} s, p99 {shown[1]:.2f} s, longest {shown[2]:.2f} s")


@contextmanager
def _server(home: Path) -> Iterator[tuple[str, psutil.Process]]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    digest = hashlib.sha256(KEY.encode()).hexdigest()
    environment = {
        **os.environ,
        "DATAFLOW_HEALTH_HOME": str(home),
        "DATAFLOW_HEALTH_API_KEYS": f"{KEY}:operate:{digest}",
        "DATAFLOW_HEALTH_LOG_LEVEL": "WARNING",
    }
    ledger = database.connect(f"sqlite:///{home / 'ledger.sqlite'}")
    database.upgrade(ledger)
    ledger.dispose()
    words = [sys.executable, "-m", "dataflow_health.cli", "api", "--port", str(port)]
    with subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL) as server:
        try:
            wait_until(lambda: responds(f"{url}/api/v1/docs"))
            yield url, psutil.Process(server.pid)
        finally:
            server.terminate()


def _clients(url: str, count: int, streams: str, control: Connection) -> None:
    asyncio.run(_watch(url, count, streams, control))


async def _watch(url: str, count: int, streams: str, control: Connection) -> None:
    watched = Watched()
    host, _, port = url.removeprefix("http://").partition(":")
    chosen = "&".join(f"signal=signal_{number}" for number in range(CHOSEN))
    signals, events = f"/telemetry/stream?{chosen}", "/events"
    paths = {"both": [signals, events], "events": [events], "signals": [signals]}[streams]
    tasks = []
    for number in range(count):
        path = f"/api/v1{paths[number % len(paths)]}"
        tasks.append(asyncio.create_task(_follow(watched, host, int(port), path)))
        if number % 20 == 0:
            await asyncio.sleep(0.02)
    while watched.connected < count:
        await asyncio.sleep(0.1)
    control.send("connected")
    loop = asyncio.get_running_loop()
    while (word := await loop.run_in_executor(None, control.recv)) != "stop":
        if word == "signals":
            watched.updates, watched.delays_s = 0, []
    for task in tasks:
        task.cancel()
    control.send(watched)


async def _follow(watched: Watched, host: str, port: int, path: str) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    head = f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nX-API-Key: {KEY}\r\n\r\n"
    writer.write(head.encode())
    is_first = True
    while line := await reader.readline():
        if not line.startswith(b"data:") and not (is_first and line.startswith(b": ping")):
            continue
        watched.connected += is_first
        if not is_first:
            _note(watched, line)
        is_first = False
    watched.ended += 1


def _note(watched: Watched, line: bytes) -> None:
    at_s = time.time()
    if line.startswith(b'data: {"signals"'):
        watched.updates += 1
        shown = json.loads(line[5:])["signals"].values()
        watched.delays_s.append(at_s - max(each["values"][-1] for each in shown))
    elif b'"landing_folder"' in line and b'"FAILED"' in line:
        watched.changes_at_s.append(at_s)


def _produce(url: str, points_per_s: int, seconds: int) -> tuple[int, list[float]]:
    """Sends values at a rate; returns their number and the time until each answer."""
    per_request = SIGNALS * SAMPLES_AT_ONCE
    pause_s = per_request / points_per_s
    sent, latencies_s = 0, []
    begun_s = time.monotonic()
    with httpx.Client(base_url=f"{url}/api/v1", headers={"X-API-Key": KEY}, timeout=60) as api:
        while (at_s := time.monotonic()) - begun_s < seconds:
            answer = api.post("/telemetry", json={"samples": _samples()})
            assert answer.status_code == httpx.codes.OK, answer.text
            sent += per_request
            latencies_s.append(time.monotonic() - at_s)
            time.sleep(max(begun_s + sent / per_request * pause_s - time.monotonic(), 0))
    return sent, latencies_s


def _samples() -> list[dict[str, object]]:
    now_s = time.time()
    times_s = [now_s - number * 1e-3 for number in range(SAMPLES_AT_ONCE)]
    return [
        {
            "timestamp": datetime.fromtimestamp(at_s, UTC).isoformat(),
            "signals": {f"signal_{number}": at_s for number in range(SIGNALS)},
        }
        for at_s in times_s
    ]


if __name__ == "__main__":
    main()
