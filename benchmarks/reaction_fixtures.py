"""Real things that each live kind watches, and what breaks them: servers, programs, files, rows."""

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from dataflow_health.errors import DataflowHealthError
from dataflow_health.plugins import ProbeContext, ProbeResult

DAY_S = 86_400
HEADROOM_BYTES = 300_000_000
"""The disk's bound is this much under what is free; a file of twice that is written."""
BEAT_AT_MOST_S = 45
"""Dagster's daemons beat every 30 s, so that no limit below that can hold."""
START_S = 60.0
PROGRAMS = Path(sys.executable).parent
"""Of the virtual environment; Spark's scripts look for its Python on the PATH."""


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing that is watched.

    Attributes:
        kind: The kind of its check.
        says: What breaks it.
        check: The check's own keys.
        breaks: Breaks it, and gives the moment from which that can be known, seconds since 1970.
    """

    kind: str
    says: str
    check: Mapping[str, Any]
    breaks: Callable[[], float]


def at_once(act: Callable[[], object]) -> Callable[[], float]:
    """An act after which the thing is broken at once; counted from before it."""

    def breaks() -> float:
        begun_s = time.time()
        act()
        return begun_s

    return breaks


def door(arguments: Mapping[str, Any], _context: ProbeContext) -> ProbeResult:
    """An operator's own kind: whether the hangar's door is shut."""
    is_shut = Path(arguments["path"]).exists()
    return ProbeResult("passed" if is_shut else "failed", f"shut ({is_shut}) = True")


def quick(folder: Path, stack: ExitStack) -> Iterator[Thing]:
    """One of each kind that is there at once; the ledger's own server is none of these."""
    yield from _files(folder)
    yield from _tables(folder / "operator.sqlite")
    yield _http(stack)
    yield _tcp(stack)
    yield _program(stack)


def slow(folder: Path, stack: ExitStack, dagster_home: Path) -> Iterator[Thing]:
    """A Spark master with a worker, and Dagster's daemon."""
    yield _spark(folder, stack)
    yield _daemon(dagster_home, stack)


def _files(folder: Path) -> Iterator[Thing]:
    there, young, waiting = (folder / name for name in ("there", "young", "waiting"))
    for path in (there, young, waiting):
        path.write_text("")
    yield Thing("file_exists", "the file is removed", {"path": str(there)}, at_once(there.unlink))
    for kind, path, says in (
        ("file_age", young, "the file is a day old"),
        ("queue_age", waiting, "what waits came a day ago"),
    ):
        check = {"path": str(folder), "pattern": path.name, "at_most": "PT1H"}
        yield Thing(kind, says, check, at_once(partial(_age, path)))
    room_gb = (shutil.disk_usage(folder).free - HEADROOM_BYTES) / 1e9
    bounds = {"path": str(folder), "at_least_pct": 0, "at_least_gb": room_gb}
    yield Thing("disk_free", "a file fills it", bounds, at_once(lambda: _fill(folder / "big")))
    shut = folder / "door"
    shut.touch()
    own = {"entry_point": f"{__name__}:door", "arguments": {"path": str(shut)}}
    yield Thing("python", "an operator's own answer turns", own, at_once(shut.unlink))


def _age(path: Path) -> None:
    day_ago_s = time.time() - DAY_S
    os.utime(path, (day_ago_s, day_ago_s))


def _fill(path: Path) -> None:
    with path.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, 2 * HEADROOM_BYTES)


def _tables(path: Path) -> Iterator[Thing]:
    def does(statement: str) -> None:
        connection = sqlite3.connect(path)
        with connection:
            connection.execute(statement)
        connection.close()

    does("CREATE TABLE light (name TEXT, uploaded_at TEXT)")
    does("INSERT INTO light VALUES ('green', datetime('now'))")
    url = f"sqlite:///{path}"
    for kind, says, check, statement in (
        ("query_returns", "the value changes",
         {"query": "SELECT name FROM light", "equals": "green"},
         "UPDATE light SET name = 'red'"),
        ("freshness", "the newest row is a day old",
         {"query": "SELECT max(uploaded_at) FROM light", "at_most": "PT1H"},
         "UPDATE light SET uploaded_at = datetime('now', '-1 day')"),
        ("rows_between", "the rows are deleted", {"table": "light", "at_least": 1},
         "DELETE FROM light"),
    ):  # fmt: skip
        yield Thing(kind, says, {"url": url, **check}, at_once(partial(does, statement)))


def _http(stack: ExitStack) -> Thing:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

    def stop() -> None:
        server.shutdown()
        server.server_close()

    stack.callback(server.server_close)
    url = f"http://127.0.0.1:{server.server_port}"
    return Thing("http_answers", "the server stops", {"url": url}, at_once(stop))


def _tcp(stack: ExitStack) -> Thing:
    listening = socket.create_server(("127.0.0.1", 0))
    stack.callback(listening.close)
    check = {"address": f"127.0.0.1:{listening.getsockname()[1]}"}
    return Thing("tcp_answers", "the port closes", check, at_once(listening.close))


def _program(stack: ExitStack) -> Thing:
    mark = f"watched_{os.getpid()}"
    program = running(stack, [sys.executable, "-c", "import time; time.sleep(3600)", mark])
    return Thing("process_runs", "it is killed", {"command": mark}, at_once(lambda: _kill(program)))


def _spark(folder: Path, stack: ExitStack) -> Thing:
    port, page, worker_page = (str(free_port()) for _ in range(3))
    program, classes = str(PROGRAMS / "spark-class"), "org.apache.spark.deploy"
    here, master = ["--host", "127.0.0.1"], f"spark://127.0.0.1:{port}"
    running(stack, [program, f"{classes}.master.Master", *here, "--port", port,
                    "--webui-port", page])  # fmt: skip
    url = f"http://127.0.0.1:{page}"
    until(lambda: httpx.get(f"{url}/json/").is_success)
    worker = running(stack, [program, f"{classes}.worker.Worker", *here, "--cores", "1",
                             "--memory", "512m", "--work-dir", str(folder / "spark"),
                             "--webui-port", worker_page, master])  # fmt: skip
    until(lambda: httpx.get(f"{url}/json/").json()["aliveworkers"] == 1)
    check = {"master": master, "url": url}
    return Thing("spark_workers", "its worker is killed", check, at_once(lambda: _kill(worker)))


def _daemon(dagster_home: Path, stack: ExitStack) -> Thing:
    import dagster as dg

    instance = stack.enter_context(dg.DagsterInstance.from_config(str(dagster_home)))
    words = [str(PROGRAMS / "dagster-daemon"), "run", "--empty-workspace"]
    daemon = running(stack, words, {"DAGSTER_HOME": str(dagster_home)})

    def beats() -> Mapping[str, Any]:
        return instance.get_daemon_heartbeats()

    until(lambda: "SENSOR" in beats())

    def breaks() -> float:
        _kill(daemon)
        return float(min(beat.timestamp for beat in beats().values())) + BEAT_AT_MOST_S

    says = f"it is killed; from {BEAT_AT_MOST_S} s after its last beat"
    return Thing("dagster_daemon", says, {"at_most": f"PT{BEAT_AT_MOST_S}S"}, breaks)


def running(
    stack: ExitStack, words: list[str], environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """A program in a group of its own, which ends with the stack."""
    path = f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"
    program = subprocess.Popen(
        words,
        env={**os.environ, "PATH": path, **(environment or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    stack.callback(_kill, program)
    return program


def _kill(program: subprocess.Popen[bytes]) -> None:
    """Ends a program and its children."""
    if program.poll() is None:
        os.killpg(program.pid, 9)
        program.wait()


def until(holds: Callable[[], object]) -> None:
    """Waits until something holds that may not answer yet.

    Raises:
        TimeoutError: It never did.
    """
    ends_s = time.monotonic() + START_S
    while time.monotonic() < ends_s:
        try:
            if holds():
                return
        except (OSError, httpx.HTTPError, DataflowHealthError):
            pass
        time.sleep(0.1)
    raise TimeoutError(f"nothing came within {START_S:.0f} s")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as asked:
        port: int = asked.getsockname()[1]
        return port
