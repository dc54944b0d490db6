"""Live checks asked of real servers, files, databases and programs."""

import ast
import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.health.duration import format_duration
from dataflow_health.health.graph import Pipeline
from dataflow_health.health.live_check import LiveCheck
from dataflow_health.health.observation import Observation
from dataflow_health.monitoring import probes
from dataflow_health.monitoring.probes import redact
from dataflow_health.monitoring.probes.runner import ProbeDependencies, run_check
from dataflow_health.monitoring.probes.scheduler import ProbeScheduler
from dataflow_health_tests.health.factories import make_process

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
KINDS = [member.model_fields["kind"].annotation for member in get_args(LiveCheck)]


def ask(
    check: Mapping[str, Any],
    environment: Mapping[str, str] | None = None,
    heartbeats: Mapping[str, datetime] | None = None,
    now: datetime = NOW,
) -> Observation:
    [declared] = make_process(checks=[check]).checks
    beats = None if heartbeats is None else lambda: heartbeats
    return run_check(
        "it", declared, clock=lambda: now, environment=environment or {}, heartbeats=beats
    )


@contextmanager
def http_server(answer: bytes = b"ok", status: int = 200) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def tcp_server(says: bytes = b"", *, hangs: bool = False) -> Iterator[str]:
    """Says its words to whoever connects; one that hangs takes connections and keeps silent."""
    listener = socket.create_server(("127.0.0.1", 0))
    taken: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                talk, _ = listener.accept()
            except OSError:
                return
            taken.append(talk)
            if not hangs:
                talk.sendall(says)
                talk.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
        for talk in taken:
            talk.close()


def closed_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def database(tmp_path: Path) -> str:
    path = tmp_path / "results.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE algorithm_run (n INTEGER, uploaded_at TEXT)")
        rows = [(i, f"2026-11-20 {i:02}:00:00.000000") for i in range(12)]
        connection.executemany("INSERT INTO algorithm_run VALUES (?, ?)", rows)
    connection.close()
    return f"sqlite:///{path}"


def touched(path: Path, *, age_s: float) -> Path:
    path.write_bytes(b"x")
    at = NOW.timestamp() - age_s
    os.utime(path, (at, at))
    return path


# Files and disks.


def test_a_file_is_there_or_missing(tmp_path: Path) -> None:
    check = {"kind": "file_exists", "path_from": "LANDING"}
    assert ask(check, {"LANDING": str(tmp_path)}).outcome == "passed"
    assert ask(check, {"LANDING": tmp_path.as_uri()}).outcome == "passed"
    gone = ask(check, {"LANDING": str(tmp_path / "gone")})
    assert (gone.outcome, gone.detail) == ("failed", f"{tmp_path / 'gone'} is missing")


def test_a_path_elsewhere_is_asked_through_fsspec() -> None:
    assert ask({"kind": "file_exists", "path": "memory://nothing/here"}).outcome == "failed"


def test_a_variable_goes_before_the_path_in_the_file(tmp_path: Path) -> None:
    check = {"kind": "file_exists", "path": str(tmp_path / "gone"), "path_from": "LANDING"}
    assert ask(check).outcome == "failed"
    assert ask(check, {"LANDING": str(tmp_path)}).outcome == "passed"


def test_without_any_address_a_check_is_unknown_and_not_red() -> None:
    seen = ask({"kind": "file_exists", "path_from": "LANDING"})
    assert seen.outcome == "unknown"
    assert seen.detail.startswith("LANDING is not set")


def test_the_newest_file_must_be_young(tmp_path: Path) -> None:
    touched(tmp_path / "old.zip", age_s=9000)
    touched(tmp_path / "new.zip", age_s=60)
    touched(tmp_path / "other.txt", age_s=1)
    check = {"kind": "file_age", "path": str(tmp_path), "pattern": "*.zip", "at_most": "PT1H"}
    seen = ask(check)
    assert (seen.outcome, seen.detail) == ("passed", "age of new.zip (1 min) <= 1 h")
    assert ask(check | {"at_most": "PT30S"}).outcome == "failed"
    assert ask(check | {"pattern": "*.gz"}).outcome == "failed"
    assert ask(check | {"path": str(tmp_path / "old.zip"), "pattern": ""}).outcome == "failed"


def test_the_oldest_waiting_file_must_not_wait_too_long(tmp_path: Path) -> None:
    check = {"kind": "queue_age", "path": str(tmp_path), "at_most": "PT1H"}
    assert ask(check).detail == "nothing waits"
    touched(tmp_path / "a.zip", age_s=60)
    assert ask(check).outcome == "passed"
    touched(tmp_path / "b.zip", age_s=7300)
    seen = ask(check)
    assert seen.outcome == "failed"
    assert seen.detail == "age of b.zip (2 h 1 min) <= 1 h, 2 waiting"


def test_a_missing_queue_is_no_empty_queue(tmp_path: Path) -> None:
    check = {"kind": "queue_age", "path": str(tmp_path / "gone"), "at_most": "PT1H"}
    assert ask(check).outcome == "failed"


def test_a_disk_must_have_room(tmp_path: Path) -> None:
    check = {"kind": "disk_free", "path": str(tmp_path / "not" / "yet"), "at_least_pct": 0}
    assert ask(check).outcome == "passed"
    full = ask(check | {"at_least_pct": 100})
    assert full.outcome == "failed"
    assert full.detail.endswith(") >= 100")
    assert "free_gb" in ask(check | {"at_least_gb": 10**9}).detail


def test_an_object_store_has_no_disk_to_fill() -> None:
    assert ask({"kind": "disk_free", "path": "s3://bucket/lake"}).outcome == "passed"


# Databases.


def test_a_database_answers(database: str) -> None:
    check = {"kind": "database_answers", "url_from": "DB"}
    assert ask(check, {"DB": database}).outcome == "passed"


def test_a_missing_sqlite_file_fails_and_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "gone.sqlite"
    seen = ask({"kind": "database_answers", "url": f"sqlite:///{path}"})
    assert (seen.outcome, seen.detail) == ("failed", f"FileNotFoundError: no database file {path}")
    assert not path.exists()


def test_a_file_that_is_no_database_fails(tmp_path: Path) -> None:
    path = touched(tmp_path / "bad.sqlite", age_s=0)
    path.write_bytes(b"not a database at all" * 100)
    seen = ask({"kind": "database_answers", "url": f"sqlite:///{path}"})
    assert (seen.outcome, seen.detail) == ("failed", "DatabaseError: file is not a database")


def test_a_stopped_server_fails_at_once_and_tells_no_password() -> None:
    url = f"postgresql://health:hunter22@{closed_port()}/results"
    started = time.monotonic()
    seen = ask({"kind": "database_answers", "url_from": "DB"}, {"DB": url})
    assert time.monotonic() - started < 2
    assert seen.outcome == "failed"
    assert "refused" in seen.detail
    assert "hunter22" not in seen.detail
    assert "\n" not in seen.detail


def test_a_server_that_hangs_fails_when_time_is_up() -> None:
    with tcp_server(hangs=True) as address:
        check = {
            "kind": "database_answers",
            "url": f"postgresql://u@{address}/x",
            "within": "PT0.3S",
        }
        started = time.monotonic()
        seen = ask(check)
        assert time.monotonic() - started < 1
        assert (seen.outcome, seen.detail) == ("failed", "no answer within 0.3 s")


def test_an_unknown_driver_is_an_error_of_the_check() -> None:
    seen = ask({"kind": "database_answers", "url": "nosuch://host/db"})
    assert seen.outcome == "failed"
    assert "nosuch" in seen.detail


def test_a_query_returns_what_it_should(database: str) -> None:
    check = {
        "kind": "query_returns",
        "url": database,
        "query": "SELECT count(*) FROM algorithm_run",
    }
    assert ask(check | {"equals": 12}).outcome == "passed"
    assert ask(check | {"at_least": 1, "at_most": 12}).outcome == "passed"
    seen = ask(check | {"at_least": 13})
    assert (seen.outcome, seen.detail) == ("failed", "answer (12) >= 13.0")
    assert ask(check | {"query": "SELECT 'up'", "equals": "up"}).outcome == "passed"
    assert ask(check | {"query": "SELECT 'up'", "at_least": 1}).outcome == "failed"
    assert ask(
        check | {"query": "SELECT n FROM algorithm_run WHERE n > 99", "at_most": 1}
    ).detail == ("answer (None) <= 1.0")


def test_a_query_that_writes_is_refused_by_the_database(database: str) -> None:
    query = "WITH gone AS (SELECT 1) DELETE FROM algorithm_run"
    seen = ask({"kind": "query_returns", "url": database, "query": query, "at_least": 0})
    assert seen.outcome == "failed"
    assert "readonly" in seen.detail
    count = {"kind": "rows_between", "url": database, "table": "algorithm_run", "at_least": 12}
    assert ask(count).outcome == "passed"


def test_a_table_holds_a_plausible_number_of_rows(database: str) -> None:
    check = {"kind": "rows_between", "url": database, "table": "algorithm_run"}
    seen = ask(check | {"at_least": 1, "at_most": 11})
    assert (seen.outcome, seen.detail) == ("failed", "1 <= rows of algorithm_run (12) <= 11")
    young = check | {"instant": "uploaded_at", "during": "PT3H", "at_least": 3, "at_most": 3}
    assert ask(young).detail == "3 <= rows of algorithm_run of the last 3 h (3) <= 3"
    assert ask(young).outcome == "passed"
    assert ask(check | {"table": "gone", "at_least": 0}).outcome == "failed"


def test_the_newest_row_must_be_young(database: str) -> None:
    query = "SELECT max(uploaded_at) FROM algorithm_run"
    check = {"kind": "freshness", "url": database, "query": query, "at_most": "PT2H"}
    seen = ask(check)
    assert (seen.outcome, seen.detail) == ("passed", "age of newest row (1 h) <= 2 h")
    assert ask(check, now=NOW + timedelta(hours=2)).outcome == "failed"
    empty = "SELECT max(uploaded_at) FROM algorithm_run WHERE n > 99"
    assert ask(check | {"query": empty}).outcome == "failed"
    assert ask(check | {"query": "SELECT 1795176000"}).detail.startswith("age of newest row (")
    assert ask(check | {"query": "SELECT 'soon'"}).outcome == "errored"


# Services.


def test_a_service_answers_with_its_status_and_body() -> None:
    body = json.dumps({"data": {"state": "up", "nodes": [{"ok": True}]}}).encode()
    with http_server(body) as url:
        check = {"kind": "http_answers", "url": url}
        assert ask(check).detail == "status (200) == 200"
        wanted = {"data.state": "up", "data.nodes.0.ok": True}
        assert ask(check | {"json_body": wanted}).outcome == "passed"
        wrong = ask(check | {"json_body": {"data.state": "down", "data.gone": 1}})
        assert wrong.outcome == "failed"
        assert wrong.detail == "data.state ('up') == 'down', data.gone (missing) == 1"
        assert ask(check | {"status": 204}).detail == "status (200) == 204"


def test_a_service_that_fails_or_talks_nonsense_is_red() -> None:
    with http_server(b"<html>", status=503) as url:
        seen = ask({"kind": "http_answers", "url": url})
        assert (seen.outcome, seen.detail) == ("failed", "status (503) == 200")
    with http_server(b"<html>") as url:
        seen = ask({"kind": "http_answers", "url": url, "json_body": {"a": 1}})
        assert (seen.outcome, seen.detail) == ("failed", "the answer is no JSON")
    assert "refused" in ask({"kind": "http_answers", "url": f"http://{closed_port()}"}).detail
    assert ask({"kind": "http_answers", "url": "http://[bad"}).outcome == "failed"


def test_a_port_takes_a_connection_and_says_its_words() -> None:
    with tcp_server(b"SSH-2.0-x") as address:
        check = {"kind": "tcp_answers", "address_from": "SERVER"}
        assert ask(check, {"SERVER": address}).outcome == "passed"
        assert ask(check | {"expects": "SSH-"}, {"SERVER": address}).outcome == "passed"
        seen = ask(check | {"expects": "FTP!", "sends": "hello"}, {"SERVER": address})
        assert (seen.outcome, seen.detail) == ("failed", "answer (b'SSH-') == b'FTP!'")
    assert ask({"kind": "tcp_answers", "address": address}).outcome == "failed"
    assert ask({"kind": "tcp_answers", "address": "nonsense"}).outcome == "errored"


def test_a_port_that_keeps_silent_fails() -> None:
    with tcp_server(hangs=True) as address:
        check = {"kind": "tcp_answers", "address": address, "expects": "hi", "within": "PT0.2S"}
        assert ask(check).outcome == "failed"


@pytest.mark.server
def test_a_program_runs_or_does_not() -> None:
    mark = f"probe-me-{os.getpid()}"
    check = {"kind": "process_runs", "command": mark}
    assert ask(check).detail == "running (0) >= 1"
    sleeper = subprocess.Popen([sys.executable, "-c", "input()", mark], stdin=subprocess.PIPE)
    try:
        assert ask(check).outcome == "passed"
        assert ask(check | {"at_least": 2}).outcome == "failed"
    finally:
        sleeper.communicate(b"\n")
    assert ask(check).outcome == "failed"


def test_a_spark_master_must_have_living_workers() -> None:
    check = {"kind": "spark_workers", "master_from": "MASTER"}
    assert ask(check).detail == "local[*] works in this process"
    workers = [{"state": "ALIVE"}, {"state": "DEAD"}]
    with http_server(json.dumps({"workers": workers}).encode()) as url:
        cluster = check | {"url": url}
        assert ask(cluster, {"MASTER": "spark://m:7077"}).detail == "living workers (1) >= 1"
        assert ask(cluster | {"at_least": 2}, {"MASTER": "spark://m:7077"}).outcome == "failed"
    gone = ask(cluster, {"MASTER": "spark://m:7077"})
    assert gone.outcome == "failed"
    assert gone.detail.startswith("Spark master: ")
    assert ask(check, {"MASTER": "yarn"}).outcome == "unknown"


def test_every_daemon_must_have_beaten_lately() -> None:
    check = {"kind": "dagster_daemon", "at_most": "PT90S"}
    beats = {"SENSOR": NOW - timedelta(seconds=5), "SCHEDULER": NOW - timedelta(seconds=300)}
    seen = ask(check, heartbeats=beats)
    assert (seen.outcome, seen.detail) == (
        "failed",
        "age of heartbeat of SCHEDULER (5 min) <= 1 min 30 s",
    )
    assert ask(check | {"daemons": ["SENSOR"]}, heartbeats=beats).outcome == "passed"
    silent = ask(check | {"daemons": ["SENSOR", "ASSET"]}, heartbeats=beats)
    assert silent.detail == "never beat: ASSET"
    assert ask(check, heartbeats={}).outcome == "unknown"
    assert ask(check).outcome == "unknown"


# The operator's own.


def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> dict[str, Any]:
    name = f"plugin_{abs(hash(tmp_path))}"
    source = "from dataflow_health.monitoring.probes.result import ProbeResult\n" + body
    (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    return {"kind": "python", "entry_point": f"{name}:check", "arguments": {"limit": 3}}


def test_an_operators_function_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = (
        "def check(arguments, context):\n"
        "    return ProbeResult('passed', f'{arguments} {context.now}')\n"
    )
    seen = ask(plugin(tmp_path, monkeypatch, body))
    assert (seen.outcome, seen.detail) == ("passed", "{'limit': 3} 2026-11-20 12:00:00+00:00")


def test_a_function_that_raises_is_a_clean_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = "def check(arguments, context): raise RuntimeError('at ftp://me:pa55word@host\\nmore')\n"
    seen = ask(plugin(tmp_path, monkeypatch, body))
    assert (seen.outcome, seen.detail) == ("errored", "RuntimeError: at ftp://me:***@host")


def test_a_function_that_gives_something_else_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = ask(plugin(tmp_path, monkeypatch, "def check(arguments, context): return True\n"))
    assert seen.outcome == "errored"
    assert seen.detail.endswith("returned bool, it must return ProbeResult")


def test_a_function_that_is_not_there_is_told_so() -> None:
    seen = ask({"kind": "python", "entry_point": "no_such_module:check"})
    assert (seen.outcome, seen.detail) == (
        "errored", "ModuleNotFoundError: No module named 'no_such_module'",
    )  # fmt: skip


# Asking.


def test_every_kind_has_a_module_of_its_name() -> None:
    folder = Path(probes.__file__).parent
    for kind in KINDS:
        assert (folder / f"{get_args(kind)[0]}.py").is_file(), kind


def test_probes_never_import_dagster() -> None:
    for path in Path(probes.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.split(".")[0] == "dagster"], path.name


def test_a_quick_failure_is_asked_again_before_it_is_red(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = (
        "asked = []\n"
        "def check(arguments, context):\n"
        "    asked.append(context.within_s)\n"
        "    return ProbeResult('passed' if len(asked) == 3 else 'failed', str(len(asked)))\n"
    )
    check = plugin(tmp_path, monkeypatch, body)
    assert ask(check | {"retries": 1}).detail == "2"
    assert ask(check | {"retries": 5}).detail == "3"


def test_an_observation_carries_name_severity_and_moment(tmp_path: Path) -> None:
    check = {"kind": "file_exists", "name": "here", "path": str(tmp_path), "severity": "warning"}
    seen = ask(check)
    assert (seen.process, seen.check, seen.severity, seen.at) == ("it", "here", "warning", NOW)


# Messages.


SECRETS = {"DB": "postgresql://u:p%40ssw0rd@h/x", "API_TOKEN": "abc123def", "PATH": "/usr/bin"}


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("cannot reach postgresql://u:other@h/x", "cannot reach postgresql://u:***@h/x"),
        ("GET http://h/?token=abcd&x=1", "GET http://h/?token=***&x=1"),
        ("api_key=abcd, password=hunter2", "api_key=***"),
        ("user p@ssw0rd refused, p%40ssw0rd too", "user *** refused, *** too"),
        ("bearer abc123def", "bearer ***"),
        ("nothing here in /usr/bin", "nothing here in /usr/bin"),
    ],
)
def test_secrets_are_starred_out(said: str, shown: str) -> None:
    assert redact.masked(said, SECRETS).startswith(shown)


@given(st.text(min_size=6, alphabet=st.characters(min_codepoint=33, max_codepoint=126)), st.text())
def test_no_secret_of_the_environment_is_ever_shown(secret: str, filler: str) -> None:
    error = ValueError(f"{filler}{secret}{filler}")
    assert secret not in redact.message(error, {"THE_SECRET": secret}).replace("***", "")


def test_a_message_is_one_short_line() -> None:
    assert redact.message(KeyError(), {}) == "KeyError"
    assert redact.message(ValueError("\n\n  first\nsecond"), {}) == "ValueError: first"
    assert len(redact.message(ValueError("x" * 999), {})) == redact.MOST


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.25, "0.25 s"),
        (59.9, "59 s"),
        (200, "3 min 20 s"),
        (86400 + 7200, "1 d 2 h"),
        (-5, "-5 s"),
    ],
)
def test_a_span_is_told_as_a_person_says_it(seconds: float, words: str) -> None:
    assert format_duration(timedelta(seconds=seconds)) == words


# The pool.


class Moving:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def on(self, **how_long: float) -> None:
        self.now += timedelta(**how_long)


def pool_of(
    *checks: Mapping[str, Any], environment: Mapping[str, str] | None = None
) -> SimpleNamespace:
    clock = Moving()
    pipeline = Pipeline.of({"it": make_process(external=True, checks=checks)})
    pool = ProbeScheduler(pipeline, ProbeDependencies(clock, environment or {}))
    return SimpleNamespace(pool=pool, clock=clock)


def outcomes(observations: tuple[Observation, ...]) -> dict[str, str]:
    return {each.check: each.outcome for each in observations}


def test_one_hung_probe_delays_no_other(tmp_path: Path) -> None:
    with tcp_server(hangs=True) as address:
        hung = [
            {
                "kind": "http_answers",
                "name": f"hung{i}",
                "url": f"http://{address}",
                "within": "PT0.6S",
            }
            for i in range(5)
        ]
        quick = {"kind": "file_exists", "name": "quick", "path": str(tmp_path)}
        made = pool_of(*hung, quick)
        came: list[tuple[float, str]] = []
        started = time.monotonic()
        stop = threading.Event()

        def tell(answers: Any) -> None:
            came.extend((time.monotonic() - started, each.check) for each in answers)
            if len(came) >= 6:
                stop.set()

        made.pool.run(tell, stop, tick_s=0.01)
        assert came[0][1] == "quick"
        assert came[0][0] < 0.4
        assert max(at for at, _ in came) < 1.5  # five in a row would take 3 s


def test_asking_all_takes_as_long_as_the_slowest_and_not_the_sum(tmp_path: Path) -> None:
    with tcp_server(hangs=True) as address:
        checks = [
            {
                "kind": "http_answers",
                "name": f"hung{i}",
                "url": f"http://{address}",
                "within": "PT0.4S",
            }
            for i in range(4)
        ]
        made = pool_of(*checks, {"kind": "file_exists", "path": str(tmp_path)})
        started = time.monotonic()
        seen = outcomes(made.pool.ask())
        assert time.monotonic() - started < 1.2
        assert sorted(seen.values()) == ["failed"] * 4 + ["passed"]


def test_an_answer_is_given_again_until_it_is_too_old(tmp_path: Path) -> None:
    path = tmp_path / "it"
    made = pool_of({"kind": "file_exists", "path": str(path), "every": "PT5S", "retries": 0})
    assert outcomes(made.pool.ask()) == {"file_exists": "failed"}
    path.touch()
    made.clock.on(seconds=4)
    assert outcomes(made.pool.ask()) == {"file_exists": "failed"}
    made.clock.on(seconds=1)
    assert outcomes(made.pool.ask()) == {"file_exists": "passed"}


def polled(pool: ProbeScheduler) -> tuple[Observation, ...]:
    for _ in range(200):
        answers = pool.poll()
        if answers:
            return answers
        time.sleep(0.01)
    return ()


def test_a_poll_gives_only_what_is_new(tmp_path: Path) -> None:
    made = pool_of({"kind": "file_exists", "path": str(tmp_path), "every": "PT5S"})
    assert outcomes(polled(made.pool)) == {"file_exists": "passed"}
    time.sleep(0.05)
    assert made.pool.poll() == ()
    made.clock.on(seconds=5)
    assert outcomes(polled(made.pool)) == {"file_exists": "passed"}


def test_a_probe_that_hangs_for_ever_costs_one_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = (
        "import threading\nasked, go = [], threading.Event()\n"
        "def check(arguments, context):\n"
        "    asked.append(1)\n    go.wait(30)\n    return ProbeResult('passed', str(len(asked)))\n"
    )
    check = plugin(tmp_path, monkeypatch, body) | {"within": "PT0.05S", "every": "PT1S"}
    made = pool_of(check)
    for _ in range(4):
        [seen] = polled(made.pool)
        assert (seen.outcome, seen.at) == ("failed", made.clock.now)
        made.clock.on(seconds=1)
    module = sys.modules[check["entry_point"].partition(":")[0]]
    assert len(module.asked) == 1
    module.go.set()
    time.sleep(0.05)
    [seen] = polled(made.pool)
    assert (seen.outcome, seen.detail) == ("passed", "2")


def test_a_reloaded_pipeline_is_watched_from_then_on(tmp_path: Path) -> None:
    check = {"kind": "file_exists", "path": str(tmp_path)}
    made = pool_of(check, check | {"name": "other"})
    assert set(outcomes(made.pool.ask())) == {"file_exists", "other"}
    changed = {"path": str(tmp_path / "gone"), "name": "other", "kind": "file_exists"}
    made.pool.watch_over(
        Pipeline.of({"it": make_process(checks=[check, changed, changed | {"name": "new"}])})
    )
    assert outcomes(made.pool.newest) == {"file_exists": "passed"}
    assert outcomes(made.pool.ask()) == {
        "file_exists": "passed", "other": "failed", "new": "failed",
    }  # fmt: skip


def test_from_stopped_to_red_takes_less_than_five_seconds(tmp_path: Path) -> None:
    """With intervals and time limits as they are when a file says nothing of them."""
    database = touched(tmp_path / "it.sqlite", age_s=0)
    database.write_bytes(b"")
    with http_server() as url, tcp_server(b"hi") as address:
        checks = [
            {"kind": "database_answers", "url": f"sqlite:///{database}"},
            {"kind": "http_answers", "url": url},
            {"kind": "tcp_answers", "address": address},
            {"kind": "file_exists", "path": str(database)},
        ]
        pipeline = Pipeline.of({"it": make_process(checks=checks)})
        pool = ProbeScheduler(pipeline, ProbeDependencies(lambda: datetime.now(UTC), {}))
        assert set(outcomes(pool.ask()).values()) == {"passed"}
    database.unlink()
    stopped = time.monotonic()
    while set(outcomes(pool.newest).values()) != {"failed"}:
        pool.poll()
        time.sleep(0.02)
        assert time.monotonic() - stopped < 5


@pytest.mark.postgres
def test_a_real_server_answers_and_lets_nobody_write(postgres_url: str) -> None:
    assert ask({"kind": "database_answers", "url": postgres_url}).outcome == "passed"
    check = {"kind": "query_returns", "url": postgres_url, "at_least": 1}
    assert ask(check | {"query": "SELECT 1.5::numeric"}).detail == "answer (1.5) >= 1.0"
    write = "WITH made AS (SELECT 1) SELECT 1 INTO TABLE made_by_a_probe"
    assert "read-only" in ask(check | {"query": write}).detail
    slow = ask(check | {"query": "SELECT pg_sleep(9)", "within": "PT0.5S", "retries": 0})
    assert slow.outcome == "failed"
    fresh = {"kind": "freshness", "url": postgres_url, "query": "SELECT now()", "at_most": "PT1M"}
    assert ask(fresh, now=datetime.now(UTC)).outcome == "passed"
