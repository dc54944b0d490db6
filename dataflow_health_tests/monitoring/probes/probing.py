"""Runs probes, and the servers and files that they probe."""

import os
import socket
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from dataflow_health.health.observation import Observation
from dataflow_health.monitoring.dagster_state import DagsterState
from dataflow_health.monitoring.probes.runner import ProbeDependencies, run_check
from dataflow_health_tests.health.factories import make_process
from dataflow_health_tests.http_serving import handled_by

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PATIENT = {"within": "PT60S"}
"""For a check that is to answer on its own, however busy the machine is."""


def probe(
    check: Mapping[str, Any],
    environment: Mapping[str, str] | None = None,
    *,
    dagster: DagsterState | None = None,
    now: datetime = NOW,
) -> Observation:
    """Runs one check, as it would stand in a process file."""
    [declared] = make_process(checks=[PATIENT | dict(check)]).checks
    dependencies = ProbeDependencies(lambda: now, environment or {}, dagster)
    return run_check("process", declared, dependencies)


@contextmanager
def http_server(body: bytes = b"ok", status: int = 200) -> Iterator[str]:
    """Answers every GET alike; gives its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with handled_by(Handler) as url:
        yield url


@contextmanager
def tcp_server(greeting: bytes = b"", *, hangs: bool = False) -> Iterator[str]:
    """Greets every connection; one that hangs accepts connections and sends nothing."""
    listener = socket.create_server(("127.0.0.1", 0))
    accepted: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            accepted.append(connection)
            if not hangs:
                connection.sendall(greeting)
                connection.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
        for connection in accepted:
            connection.close()


def closed_port() -> str:
    """An address where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


def make_file(path: Path, *, age_s: float = 0) -> Path:
    """A file that was last changed this long before NOW."""
    path.write_bytes(b"x")
    at = NOW.timestamp() - age_s
    os.utime(path, (at, at))
    return path


def make_database(path: Path) -> str:
    """A SQLite database with twelve rows, one an hour until an hour before NOW; gives its URL."""
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE algorithm_run (n INTEGER, uploaded_at TEXT)")
        rows = [(i, f"2026-11-20 {i:02}:00:00.000000") for i in range(12)]
        connection.executemany("INSERT INTO algorithm_run VALUES (?, ?)", rows)
    connection.close()
    return f"sqlite:///{path}"


def make_plugin(folder: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> dict[str, Any]:
    """A check of kind ``python`` that calls ``check`` in a module with this body."""
    name = f"plugin_{abs(hash(folder))}"
    source = "from dataflow_health.plugins import ProbeResult\n" + body
    (folder / f"{name}.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(folder)
    return {"kind": "python", "entry_point": f"{name}:check", "arguments": {"limit": 3}}
