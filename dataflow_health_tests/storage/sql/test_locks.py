import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from dataflow_health.storage.sql import database, locks
from dataflow_health_tests.waiting import LIMIT_S

HOLDER = """
import sys
from dataflow_health.storage.sql import database, locks
with locks.acquire(database.connect(sys.argv[1]), "parse/day"):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(url: str) -> subprocess.Popen:
    started = subprocess.Popen(
        [sys.executable, "-c", HOLDER, url],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert started.stdout.readline() == "held\n"
    return started


def close(started: subprocess.Popen) -> None:
    started.stdin.close()
    started.stdout.close()
    started.wait()


def test_only_one_holder_at_a_time_has_a_lock(engine: Engine):
    order = []
    first, second = threading.Event(), threading.Event()

    def work():
        first.wait()
        with locks.acquire(engine, "parse/day"):
            order.append("second")
        second.set()

    thread = threading.Thread(target=work)
    thread.start()
    with locks.acquire(engine, "parse/day"):
        first.set()
        assert not second.wait(0.3)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_locks_of_other_names_do_not_wait(engine: Engine):
    with locks.acquire(engine, "parse/day"), locks.acquire(engine, "store/day"):
        assert locks.is_locked(engine, "parse/day")
    assert not locks.is_locked(engine, "parse/day")
    assert not locks.is_locked(engine, "never/day")


@pytest.mark.server
def test_a_lock_ends_with_its_killed_process(engine: Engine, database_url: str):
    started = holder(database_url)
    assert locks.is_locked(engine, "parse/day")
    started.kill()
    close(started)
    with locks.acquire(engine, "parse/day"):
        pass


@pytest.mark.server
def test_another_process_waits_for_the_lock(engine: Engine, database_url: str):
    started = holder(database_url)
    entered = threading.Event()

    def work():
        with locks.acquire(engine, "parse/day"):
            entered.set()

    thread = threading.Thread(target=work)
    thread.start()
    assert not entered.wait(0.3)
    close(started)
    assert entered.wait(LIMIT_S)
    thread.join()


def test_a_shared_lock_is_free_when_the_last_process_has_left(engine: Engine):
    name = locks.run_lock("1")
    with locks.acquire(engine, name, shared=True):
        with locks.acquire(engine, name, shared=True):
            assert locks.is_locked(engine, name)
        assert locks.is_locked(engine, name)
    assert not locks.is_locked(engine, name)


def test_only_old_locks_of_ended_runs_are_removed(tmp_path):
    engine = database.connect(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    later = datetime.now(UTC) + timedelta(minutes=1)
    with locks.acquire(engine, locks.run_lock("ended"), shared=True):
        pass
    with locks.acquire(engine, locks.run_lock("live"), shared=True):
        locks.remove_free_run_locks(engine, older_than=later - timedelta(hours=1))
        assert len(list((tmp_path / locks.FOLDER).iterdir())) == 2
        locks.remove_free_run_locks(engine, older_than=later)
        assert [each.name for each in (tmp_path / locks.FOLDER).iterdir()] == ["run_live"]
        assert locks.is_locked(engine, locks.run_lock("live"))
