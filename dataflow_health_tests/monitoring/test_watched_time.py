from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from dataflow_health.errors import DatabaseError
from dataflow_health.health.report import HealthReport, ProcessHealth
from dataflow_health.health.status import Status
from dataflow_health.monitoring.watched_time import LONGEST_GAP, SAVE_EVERY, WatchedTime
from dataflow_health.storage.records import status_days
from dataflow_health.storage.sql import database
from dataflow_health_tests.factories import NOON

DAY = NOON.date()


def report(at: datetime, status: Status) -> HealthReport:
    process = ProcessHealth(name="parse", status=status, reason="", describes="")
    return HealthReport(at=at, status=status, processes=(process,))


def saved(engine: Engine) -> dict[tuple[str, str], float]:
    found = status_days.read(engine, DAY)
    return {(str(key.day), key.status.value): seconds for key, seconds in found.items()}


def test_time_counts_for_the_status_that_it_began_with(engine: Engine) -> None:
    watched = WatchedTime()
    for after_s, status in ((0, Status.HEALTHY), (10, Status.FAILED), (13, Status.HEALTHY)):
        watched.add(report(NOON + timedelta(seconds=after_s), status))
    watched.save_if_due(engine, NOON)
    assert saved(engine) == {("2026-11-20", "HEALTHY"): 10, ("2026-11-20", "FAILED"): 3}


def test_time_without_reports_counts_for_no_status(engine: Engine) -> None:
    watched = WatchedTime()
    watched.add(report(NOON, Status.HEALTHY))
    asleep_until = NOON + LONGEST_GAP + timedelta(seconds=1)
    watched.add(report(asleep_until, Status.HEALTHY))
    watched.add(report(asleep_until - timedelta(seconds=30), Status.HEALTHY))  # the clock was set
    watched.add(report(asleep_until, Status.HEALTHY))
    watched.save_if_due(engine, NOON)
    assert saved(engine) == {("2026-11-20", "HEALTHY"): 30}


def test_midnight_divides_the_time(engine: Engine) -> None:
    watched = WatchedTime()
    midnight = NOON + timedelta(hours=12)
    watched.add(report(midnight - timedelta(seconds=2), Status.FAILED))
    watched.add(report(midnight + timedelta(seconds=5), Status.FAILED))
    watched.save_if_due(engine, NOON)
    assert saved(engine) == {("2026-11-20", "FAILED"): 2, ("2026-11-21", "FAILED"): 5}


def test_it_is_saved_now_and_then_and_each_second_once(engine: Engine) -> None:
    watched = WatchedTime()
    watched.add(report(NOON, Status.HEALTHY))
    watched.save_if_due(engine, NOON)
    watched.add(report(NOON + timedelta(seconds=2), Status.HEALTHY))
    watched.save_if_due(engine, NOON + timedelta(seconds=2))
    assert saved(engine) == {}, "it is not due"
    watched.save_if_due(engine, NOON + SAVE_EVERY)
    watched.save_if_due(engine, NOON + 2 * SAVE_EVERY)
    assert saved(engine) == {("2026-11-20", "HEALTHY"): 2}


def test_seconds_wait_while_the_ledger_is_away(engine: Engine) -> None:
    watched = WatchedTime()
    watched.add(report(NOON, Status.FAILED))
    watched.add(report(NOON + timedelta(seconds=4), Status.FAILED))
    away = database.connect("postgresql://reader@127.0.0.1:1/results")
    with pytest.raises(DatabaseError):
        watched.save_if_due(away, NOON)
    watched.save_if_due(engine, NOON)
    assert saved(engine) == {("2026-11-20", "FAILED"): 4}


def test_what_another_process_counts_is_forgotten(engine: Engine) -> None:
    watched = WatchedTime()
    watched.add(report(NOON, Status.HEALTHY))
    watched.add(report(NOON + timedelta(seconds=4), Status.HEALTHY))
    watched.clear()
    watched.save_if_due(engine, NOON)
    assert saved(engine) == {}
