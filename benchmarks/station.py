"""A running ``dataflow-health up`` over a small fleet, with what it reports and sends."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType

import httpx
import psutil

from benchmarks.reaction_fixtures import free_port
from benchmarks.shifted_clock import ShiftedClock, build_clock
from benchmarks.waiting import responds, wait_until
from dataflow_health.client import Client
from dataflow_health.errors import ApiError
from dataflow_health.health.incident import Incident
from dataflow_health.operations import home_claim
from dataflow_health.simulator.fleet import write_fleet
from dataflow_health.simulator.fleet_plan import FleetPlan

START_LIMIT_S = 1500.0
POLL_S = 0.5
RED = frozenset({"FAILED", "WARNING"})
RULE = """\
describes: Everything, at any time, each by itself.
channels: [DATAFLOW_HEALTH_ALERT_PLAY]
throttle: {at_most: 1000, every: PT1H}
"""
COMMAND = [sys.executable, "-m", "dataflow_health.cli"]
DURATION_S = (600, 620)


class Receiver(ThreadingHTTPServer):
    """Web hook that records every message, and refuses them while it is ``away``."""

    away = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.messages: list[Mapping[str, str]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self.server.away:
            self.server.messages.append(body)
        self.send_response(503 if self.server.away else 200)
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Writes no log."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """Statuses of all processes at one time.

    Attributes:
        at_s: Seconds of the monotonic clock.
        statuses: Status by process.
        incidents: Processes with an open incident; None when they could not be read.
    """

    at_s: float
    statuses: Mapping[str, str]
    incidents: frozenset[str] | None = None

    @property
    def red(self) -> frozenset[str]:
        """Processes that are FAILED or WARNING."""
        return frozenset(name for name, status in self.statuses.items() if status in RED)

    @property
    def is_matched(self) -> bool:
        """Whether exactly the red processes have an open incident; unknown counts as yes."""
        return self.incidents is None or self.red == self.incidents


@dataclass
class Station:
    """An installation that runs.

    Attributes:
        home: Its folder.
        url: URL of the API.
        ui_url: URL of the Dagster UI.
        command: The command that serves it.
        environ: Environment of its commands.
        receiver: Web hook that gets its messages.
        spare: Archives of flights that have not arrived yet.
        clock: Clock of its programs; None where it cannot be shifted.
        sightings: Statuses of all processes, twice a second; none while the API does not answer.
        process: The process of the command.
        cuts: Archives that arrived cut so far.
        notes: What a play saw besides.
    """

    home: Path
    url: str
    ui_url: str
    command: Sequence[str]
    environ: Mapping[str, str]
    receiver: Receiver
    spare: list[Path]
    clock: ShiftedClock | None = None
    sightings: list[Sighting] = field(default_factory=list)
    process: "subprocess.Popen[bytes] | None" = None
    cuts: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def config(self) -> Path:
        """Folder of the operator's YAML files."""
        return self.home / "config"

    def watch(self, ended: threading.Event) -> None:
        """Records the statuses until ``ended``."""
        while not ended.wait(POLL_S):
            statuses: dict[str, str] = {}
            incidents = None
            with suppress(ApiError, httpx.HTTPError), Client(self.url) as api:
                statuses = {each.name: each.status.name for each in api.status().processes}
                incidents = frozenset(each.problem.process for each in self.open_incidents())
            self.sightings.append(Sighting(time.monotonic(), statuses, incidents))

    def start(self) -> None:
        """Serves the installation, and waits until its API answers."""
        with (self.home / "up.log").open("ab") as log:
            process = subprocess.Popen(self.command, env=self.environ, stdout=log, stderr=log)
        self.process = process

        def is_up() -> bool:
            return process.poll() is not None or responds(f"{self.url}/api/v1/health")

        wait_until(is_up, START_LIMIT_S)
        if process.poll() is not None:
            raise AssertionError((self.home / "up.log").read_text())

    def stop(self) -> None:
        """Ends what serves the installation, as Ctrl+C does."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait()

    def processes(self, text: str = "") -> list[psutil.Process]:
        """Living processes of this ``up`` but itself, whose command line contains a text."""
        found = []
        for each in psutil.process_iter():
            with suppress(psutil.Error):
                ours = each.environ().get(home_claim.MARK) == str(self.home)
                if ours and text in " ".join(each.cmdline()):
                    found.append(each)
        return found

    def open_incidents(self) -> list[Incident]:
        """Incidents that are open, newest first."""
        found = httpx.get(f"{self.url}/api/v1/incidents", timeout=30).raise_for_status().json()
        return [Incident.model_validate(each) for each in found["data"]]

    def is_green(self) -> bool:
        """Whether every process is HEALTHY."""
        return set(self.sightings[-1].statuses.values()) == {"HEALTHY"}

    @contextmanager
    def browser(self) -> Iterator[httpx.Client]:
        """A client that is signed in to the Dagster UI, as a browser is."""
        asks_for_pages = {"Accept": "text/html"}
        with httpx.Client(timeout=30, follow_redirects=True, headers=asks_for_pages) as client:
            (link,) = re.findall(r"https?://\S+", self.run([*COMMAND, "sign-in"]))
            client.get(link).raise_for_status()
            yield client

    def loaded(self) -> int:
        """Number of recordings whose answers are in SQL."""
        query = "SELECT count(*) FROM recording_stage WHERE stage = 'load' AND state = 'done'"
        with closing(sqlite3.connect(self.home / "ledger.sqlite", timeout=60)) as connection:
            return int(connection.execute(query).fetchone()[0])

    def run(self, command: Sequence[str]) -> str:
        """Runs a program as an operator would; returns what it prints."""
        done = subprocess.run(
            command, env=self.environ, capture_output=True, text=True, timeout=600, check=False,
            cwd=self.home.parent,
        )  # fmt: skip
        return f"$ {' '.join(command)}\n{done.stdout}{done.stderr}[{done.returncode}]"

    def land(self, name: str, content: bytes) -> None:
        """Lets an archive arrive, whole at once."""
        hidden = self.home / f"{name}.arriving"
        hidden.write_bytes(content)
        hidden.rename(self.home / "landing" / name)

    def add_yaml(self, name: str, yaml: str) -> None:
        """Saves a file of the operator's configuration."""
        path = self.config / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml)

    def sql(self, statement: str) -> None:
        """Changes the ledger behind the back of the program."""
        with sqlite3.connect(self.home / "ledger.sqlite", timeout=60) as connection:
            connection.execute(statement)


@contextmanager
def busy(processes: int) -> Iterator[None]:
    """Keeps the machine busy with so many processes until the end of the block."""
    spinning = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)
    ]
    try:
        yield
    finally:
        for each in spinning:
            each.kill()
            each.wait()


@contextmanager
def running(
    home: Path,
    aircraft: int = 12,
    environ: Mapping[str, str] = MappingProxyType({}),
    prefix: Sequence[str] = (),
) -> Iterator[Station]:
    """Serves an installation until the end of the block; it is green at the start.

    Args:
        home: Its folder; stations beside each other have the same flights.
        aircraft: Number of aircraft; the flights of all but two have not arrived yet.
        environ: Environment variables of its commands, beside those that place it.
        prefix: Words before the command that serves it.
    """
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date()
    write_fleet(home / "landing", FleetPlan(yesterday, 2, 1, 1, DURATION_S))
    spare = home.parent / "spare"
    if not spare.exists():
        write_fleet(spare, FleetPlan(yesterday, aircraft, 1, 1, DURATION_S, seed=7))
    receiver = Receiver()
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    station = _station(home, receiver)
    station.environ = {**station.environ, **environ}
    station.command = [*prefix, *station.command]
    station.add_yaml("alerts/play.yaml", RULE)
    ended = threading.Event()
    try:
        station.start()
        threading.Thread(target=station.watch, args=(ended,), daemon=True).start()
        _wait(station, lambda: bool(station.sightings) and station.is_green(), START_LIMIT_S)
        yield station
    finally:
        ended.set()
        station.stop()
        receiver.shutdown()


def _station(home: Path, receiver: Receiver) -> Station:
    ui_port, api_port = free_port(), free_port()
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("DAGSTER", "DATAFLOW_"))}
    environ |= {
        "DATAFLOW_HEALTH_HOME": str(home),
        "DATAFLOW_HEALTH_CONFIG": str(home / "config"),
        "DATAFLOW_HEALTH_ALERT_PLAY": f"json://127.0.0.1:{receiver.server_port}/",
        "DAGSTER_HOME": str(home / "dagster"),
    }
    words = ["up", "--home", str(home), "--port", str(ui_port), "--api-port", str(api_port)]
    spare = sorted((home.parent / "spare").glob("*.zip"))[2:]
    clock = build_clock(home.parent)
    if clock is not None:
        environ |= clock.environ()
    api, ui = (f"http://127.0.0.1:{port}" for port in (api_port, ui_port))
    return Station(home, api, ui, [*COMMAND, *words], environ, receiver, spare, clock)


def _wait(station: Station, condition: Callable[[], bool], limit_s: float) -> None:
    try:
        wait_until(condition, limit_s)
    except TimeoutError:
        seen = station.sightings[-1].statuses if station.sightings else {}
        raise TimeoutError(f"not green within {limit_s:g} s: {dict(seen)}") from None
