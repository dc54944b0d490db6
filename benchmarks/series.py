"""Series of a recording with ten million samples, as 50 people pan it, and frames while panning.

``python -m benchmarks.series [--clients 50] [--seconds 20] [--frames]``

The server is the command ``dataflow-health api``, a process of its own; the clients are threads of
this one. Each asks for another time of the recording, of another length, at the width of a screen:
first one request a second and client, as a hand pans, then as fast as the answers come. Prints the
time from request to last byte (median, 95 of 100, longest) and the server's CPU a request.

With ``--frames``, a headless Chromium opens the page of the flight and pans it; a frame is
one call of ``requestAnimationFrame``. Without a graphics card Chromium draws by CPU.
"""

import http.client
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import click
import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import update

from benchmarks import pages
from benchmarks.filled_ledger import LedgerSize, fill_ledger, recording_id
from benchmarks.waiting import free_port, responds, wait_until
from dataflow_health.clock import utc_now
from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config import catalogue as config
from dataflow_health.flight.layout import Linear, Parameter
from dataflow_health.flight.recording import DecodedRecording, Series
from dataflow_health.storage.files import recording_table
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.sql import database, tables
from dataflow_health.storage.sql.database import writing

RATE_HZ = 256
SECONDS = 39_063
"""10.85 hours at 256 Hz: 10,000,128 samples."""
PARAMETER = "rotor_speed_pct"
WIDTH_PX = 1900
SHORTEST_S = 60.0
PATH = "compress/long.parquet"
SIZE = LedgerSize(recordings=10, days=1, algorithms=3, quarantined_every=10**9)
PAN_S = 5.0
COUNT_FRAMES = """() => {
  window.frames_at = [];
  const count = at => { window.frames_at.push(at); requestAnimationFrame(count); };
  requestAnimationFrame(count);
}"""


@dataclass(slots=True)
class Answers:
    """Seconds from request to last byte of each answer, and their bytes."""

    delays_s: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)


@click.command()
@click.option("--clients", default=50, show_default=True)
@click.option("--seconds", default=20.0, show_default=True, help="Length of each measurement.")
@click.option("--frames", is_flag=True, help="Count frames in a browser too.")
def main(clients: int, seconds: float, frames: bool) -> None:
    """Measures and prints tables."""
    with tempfile.TemporaryDirectory() as folder, _server(Path(folder)) as (url, server):
        _ask(url, Answers(), random.Random(0))
        click.echo("| requests | median | 95 of 100 | longest | CPU a request |")
        click.echo("| --- | --- | --- | --- | --- |")
        for name, pause_s in ((f"{clients} a second", 1.0), ("as fast as answered", 0.0)):
            click.echo(_row(name, *_load(url, server, clients, seconds, pause_s)))
        if frames:
            click.echo("\n| panning | frames a second | longest frame |\n| --- | --- | --- |")
            for name, path in _pages():
                rate, longest_ms = _count_frames(url + path)
                click.echo(f"| {name} | {rate:.0f} | {longest_ms:.0f} ms |")


def write_installation(home: Path) -> None:
    """An installation whose first recording has ten million samples of one parameter."""
    engine = database.connect(f"sqlite:///{home / 'ledger.sqlite'}")
    database.upgrade(engine)
    fill_ledger(engine, config.load(BUILTIN_FOLDER), SIZE, utc_now())
    sink = pa.BufferOutputStream()
    pq.write_table(recording_table.to_table(_recording(), {}), sink)
    digest = Lake(str(home / "lake")).write(PATH, sink.getvalue().to_pybytes())
    stage = tables.recording_stage
    here = (stage.c.recording_id == recording_id(0)) & (stage.c.stage == "compress")
    with writing(engine) as connection:
        written = update(stage).where(here).values(output_path=PATH, output_digest=digest)
        connection.execute(written)
    engine.dispose()


def _recording() -> DecodedRecording:
    """Noise around a slow wave, with a spike of one sample every ten minutes."""
    second = np.arange(SECONDS, dtype=np.int32)
    wave = 1000 + 30 * np.sin(second / 900)[:, None]
    counts = wave + np.random.default_rng(15).normal(0, 4, (SECONDS, RATE_HZ))
    counts[::600, 7] += 90
    fields = {"unit": "%", "words": [1], "conversion": Linear(scale=0.1)}
    parameter = Parameter.model_validate(fields)
    offsets_s = tuple(place / RATE_HZ for place in range(RATE_HZ))
    made = Series(parameter, second, counts.astype(np.int32), offsets_s)
    return DecodedRecording(second, {PARAMETER: made}, None, "le16", SECONDS, 0)


@contextmanager
def _server(home: Path) -> Iterator[tuple[str, psutil.Process]]:
    write_installation(home)
    port = free_port()
    environment = {
        **os.environ,
        "DATAFLOW_HEALTH_HOME": str(home),
        "DATAFLOW_HEALTH_LOG_LEVEL": "WARNING",
        "DATAFLOW_HEALTH_RATE_LIMIT_PER_MINUTE": "0",
    }
    words = [sys.executable, "-m", "dataflow_health.cli", "api", "--port", str(port)]
    with subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL) as server:
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until(lambda: responds(f"{url}/api/v1/docs"))
            yield url, psutil.Process(server.pid)
        finally:
            server.terminate()


def _load(
    url: str, server: psutil.Process, clients: int, seconds: float, pause_s: float
) -> tuple[Answers, float]:
    """Answers to all clients, and the server's CPU seconds a request."""
    answers = [Answers() for _ in range(clients)]
    until_s = time.monotonic() + seconds
    threads = [
        threading.Thread(target=_client, args=(url, each, number, pause_s, until_s))
        for number, each in enumerate(answers)
    ]
    before_s = sum(server.cpu_times()[:2])
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    used_s = sum(server.cpu_times()[:2]) - before_s
    together = Answers(
        [delay for each in answers for delay in each.delays_s],
        [size for each in answers for size in each.sizes],
    )
    return together, used_s / len(together.delays_s)


def _client(url: str, answers: Answers, number: int, pause_s: float, until_s: float) -> None:
    chance = random.Random(number)
    time.sleep(chance.random() * pause_s)
    while time.monotonic() < until_s:
        begin_s = time.monotonic()
        _ask(url, answers, chance)
        time.sleep(max(0.0, pause_s - (time.monotonic() - begin_s)))


def _ask(url: str, answers: Answers, chance: random.Random) -> None:
    """One request for a random time of a random length, the longer ones as often as the shorter."""
    length_s = SHORTEST_S * (SECONDS / SHORTEST_S) ** chance.random()
    begin_s = chance.uniform(0, SECONDS - length_s)
    query = {"parameter": PARAMETER, "from": f"{begin_s:.2f}", "to": f"{begin_s + length_s:.2f}"}
    path = f"/api/v1/recordings/{recording_id(0)}/series?{urlencode({**query, 'px': WIDTH_PX})}"
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)
    at_s = time.perf_counter()
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read()
    answers.delays_s.append(time.perf_counter() - at_s)
    answers.sizes.append(len(body))
    connection.close()
    if response.status != http.HTTPStatus.OK:
        raise RuntimeError(f"HTTP {response.status}: {json.loads(body)['error']['message']}")


def _row(name: str, answers: Answers, cpu_s: float) -> str:
    ordered = sorted(answers.delays_s)
    shown = statistics.median(ordered), ordered[int(0.95 * (len(ordered) - 1))], ordered[-1]
    times = " | ".join(f"{1000 * each:.0f} ms" for each in shown)
    rate = f"{name} ({len(ordered):,} of {statistics.mean(answers.sizes) / 1000:.0f} kB)"
    return f"| {rate} | {times} | {1000 * cpu_s:.1f} ms |"


def _pages() -> list[tuple[str, str]]:
    flight = f"/recordings/{recording_id(0)}?p={PARAMETER}"
    return [
        ("10 million samples, all shown", flight),
        ("10 million samples, a tenth shown", f"{flight}&from=10000&to=13906"),
    ]


def _count_frames(address: str) -> tuple[float, float]:
    """Frames a second while the mouse pans for some seconds, and the longest in milliseconds."""
    with pages.browser() as chromium:
        page = chromium.new_page(viewport=pages.SCREEN)
        page.goto(address)
        over = page.locator(".pane .u-over")
        over.wait_for()
        over.scroll_into_view_if_needed()
        box = over.bounding_box()
        if box is None:
            raise RuntimeError(f"no plot is at {address}")
        left, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.keyboard.down("Shift")
        page.mouse.move(left, y)
        page.mouse.down()
        page.evaluate(COUNT_FRAMES)
        began_s, step = time.monotonic(), 0
        while (passed_s := time.monotonic() - began_s) < PAN_S:
            page.mouse.move(left + 300 * np.sin(passed_s * 2), y)
            step += 1
        page.mouse.up()
        at_ms = np.array(page.evaluate("() => window.frames_at"))
        frame_ms = np.diff(at_ms)
        return float(1000 / frame_ms.mean()), float(frame_ms.max())


if __name__ == "__main__":
    main()
