"""Real targets for every kind of live check, and how they fail: servers, processes, files, rows."""

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

from benchmarks.waiting import wait_until
from dataflow_health.plugins import ProbeContext, ProbeResult

DAY_S = 86_400
HEADROOM_BYTES = 300_000_000
"""Free space above the limit of the disk check; a file of twice this size is written."""
HEARTBEAT_LIMIT_S = 45
"""Dagster's daemons send a heartbeat every 30 s, so the limit must be longer."""
PROGRAMS = Path(sys.executable).parent
"""Programs of the virtual environment; Spark's scripts need its Python on the PATH."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A target watched by a check.

    Attributes:
        kind: Kind of the check.
        failure: Description of the failure.
        check: Keys of the check.
        fail: Function that lets the target fail; returns the time from which the failure is
            detectable, in seconds since 1970.
    """

    kind: str
    failure: str
    check: Mapping[str, Any]
    fail: Callable[[], float]


def immediately(action: Callable[[], object]) -> Callable[[], float]:
    """Failure that is detectable at once; returns the time before the action."""

    def fail() -> float:
        start_s = time.time()
        action()
        return start_s

    return fail


def hangar_door(arguments: Mapping[str, Any], _context: ProbeContext) -> ProbeResult:
    """Probe of an operator: whether the hangar door is shut."""
    is_shut = Path(arguments["path"]).exists()
    return ProbeResult("passed" if is_shut else "failed", f"shut ({is_shut}) = True")


def start_quick_targets(folder: Path, stack: ExitStack) -> Iterator[Watched]:
    """Starts one target of each kind that starts quickly, except for the database of the ledger."""
    yield from _files(folder)
    yield from _tables(folder / "operator.sqlite")
    yield _http(stack)
    yield _tcp(stack)
    yield _process(stack)


def start_slow_targets(folder: Path, stack: ExitStack, dagster_home: Path) -> Iterator[Watched]:
    """Starts a Spark master with a worker, and Dagster's daemon."""
    yield _spark(folder, stack)
    yield _daemon(dagster_home, stack)


def _files(folder: Path) -> Iterator[Watched]:
    present, recent, queued = (folder / name for name in ("present", "recent", "queued"))
    for path in (present, recent, queued):
        path.write_text("")
    yield Watched(
        "file_exists", "the file is removed", {"path": str(present)}, immediately(present.unlink)
    )
    for kind, path, failure in (
        ("file_age", recent, "the file is a day old"),
        ("queue_age", queued, "the queued file is a day old"),
    ):
        check = {"path": str(folder), "pattern": path.name, "at_most": "PT1H"}
        yield Watched(kind, failure, check, immediately(partial(_make_old, path)))
    free_gb = (shutil.disk_usage(folder).free - HEADROOM_BYTES) / 1e9
    bounds = {"path": str(folder), "at_least_pct": 0, "at_least_gb": free_gb}
    yield Watched(
        "disk_free",
        "a file fills the disk",
        bounds,
        immediately(partial(_write_large_file, folder / "large")),
    )
    door = folder / "door"
    door.touch()
    probe = {"entry_point": f"{__name__}:hangar_door", "arguments": {"path": str(door)}}
    yield Watched("python", "an operator's probe fails", probe, immediately(door.unlink))


def _make_old(path: Path) -> None:
    day_ago_s = time.time() - DAY_S
    os.utime(path, (day_ago_s, day_ago_s))


def _write_large_file(path: Path) -> None:
    with path.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, 2 * HEADROOM_BYTES)


def _tables(path: Path) -> Iterator[Watched]:
    def execute(statement: str) -> None:
        connection = sqlite3.connect(path)
        with connection:
            connection.execute(statement)
        connection.close()

    execute("CREATE TABLE light (name TEXT, uploaded_at TEXT)")
    execute("INSERT INTO light VALUES ('green', datetime('now'))")
    url = f"sqlite:///{path}"
    for kind, failure, check, statement in (
        ("query_returns", "the value changes",
         {"query": "SELECT name FROM light", "equals": "green"},
         "UPDATE light SET name = 'red'"),
        ("freshness", "the newest row is a day old",
         {"query": "SELECT max(uploaded_at) FROM light", "at_most": "PT1H"},
         "UPDATE light SET uploaded_at = datetime('now', '-1 day')"),
        ("rows_between", "the rows are deleted", {"table": "light", "at_least": 1},
         "DELETE FROM light"),
    ):  # fmt: skip
        yield Watched(
            kind, failure, {"url": url, **check}, immediately(partial(execute, statement))
        )


def _http(stack: ExitStack) -> Watched:
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
    return Watched("http_answers", "the server stops", {"url": url}, immediately(stop))


def _tcp(stack: ExitStack) -> Watched:
    listening = socket.create_server(("127.0.0.1", 0))
    stack.callback(listening.close)
    check = {"address": f"127.0.0.1:{listening.getsockname()[1]}"}
    return Watched("tcp_answers", "the port closes", check, immediately(listening.close))


def _process(stack: ExitStack) -> Watched:
    marker = f"watched_{os.getpid()}"
    program = start_program(stack, [sys.executable, "-c", "import time; time.sleep(3600)", marker])
    return Watched(
        "process_runs",
        "the process is killed",
        {"command": marker},
        immediately(lambda: _kill(program)),
    )


def _spark(folder: Path, stack: ExitStack) -> Watched:
    port, page, worker_page = (str(free_port()) for _ in range(3))
    program, classes = str(PROGRAMS / "spark-class"), "org.apache.spark.deploy"
    host, master = ["--host", "127.0.0.1"], f"spark://127.0.0.1:{port}"
    start_program(stack, [program, f"{classes}.master.Master", *host, "--port", port,
                    "--webui-port", page])  # fmt: skip
    url = f"http://127.0.0.1:{page}"
    wait_until(lambda: httpx.get(f"{url}/json/").is_success)
    worker = start_program(stack, [program, f"{classes}.worker.Worker", *host, "--cores", "1",
                             "--memory", "512m", "--work-dir", str(folder / "spark"),
                             "--webui-port", worker_page, master])  # fmt: skip
    wait_until(lambda: httpx.get(f"{url}/json/").json()["aliveworkers"] == 1)
    check = {"master": master, "url": url}
    return Watched(
        "spark_workers", "the worker is killed", check, immediately(lambda: _kill(worker))
    )


def _daemon(dagster_home: Path, stack: ExitStack) -> Watched:
    import dagster as dg

    instance = stack.enter_context(dg.DagsterInstance.from_config(str(dagster_home)))
    command = [str(PROGRAMS / "dagster-daemon"), "run", "--empty-workspace"]
    daemon = start_program(stack, command, {"DAGSTER_HOME": str(dagster_home)})

    def heartbeats() -> Mapping[str, Any]:
        return instance.get_daemon_heartbeats()

    wait_until(lambda: "SENSOR" in heartbeats())

    def fail() -> float:
        _kill(daemon)
        return float(min(beat.timestamp for beat in heartbeats().values())) + HEARTBEAT_LIMIT_S

    failure = f"the daemon is killed; measured from {HEARTBEAT_LIMIT_S} s after its last heartbeat"
    return Watched("dagster_daemon", failure, {"at_most": f"PT{HEARTBEAT_LIMIT_S}S"}, fail)


def start_program(
    stack: ExitStack, command: list[str], environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Starts a program in its own process group, ended with the stack."""
    path = f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"
    program = subprocess.Popen(
        command,
        env={**os.environ, "PATH": path, **(environment or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    stack.callback(_kill, program)
    return program


def _kill(program: subprocess.Popen[bytes]) -> None:
    """Kills a program and its children."""
    if program.poll() is None:
        os.killpg(program.pid, 9)
        program.wait()


def free_port() -> int:
    """A free TCP port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
