from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from dataflow_health.errors import DatabaseError
from dataflow_health.monitoring.signals.keeper import SignalKeeper
from dataflow_health.storage.signals import history, points
from dataflow_health.storage.signals.points import Point
from dataflow_health.storage.signals.retention import Retention
from dataflow_health.storage.signals.signal_database import to_us
from dataflow_health.storage.sql import database
from dataflow_health_tests.waiting import wait_until

NOW = datetime(2026, 11, 29, 6, 0, tzinfo=UTC)
KEPT = Retention(timedelta(hours=1), timedelta(days=1), timedelta(days=2), 1_000_000)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = database.connect(f"sqlite:///{tmp_path / 'telemetry.sqlite'}")
    yield made
    made.dispose()


def add(keeper: SignalKeeper, minutes_ago: int) -> None:
    at_us = to_us(NOW - timedelta(minutes=minutes_ago))
    points.append(keeper.engine, keeper.receiver.ids, [Point("a", at_us, 1.0)], to_us(NOW))


def test_work_sums_up_deletes_and_compares(engine: Engine) -> None:
    compared: list[datetime] = []
    keeper = SignalKeeper(engine, KEPT, lambda: NOW, lambda _, now: compared.append(now))
    keeper.require_ready()
    for minutes_ago in (5, 90):
        add(keeper, minutes_ago)
    keeper.work()
    assert compared == [NOW]
    day = to_us(NOW - timedelta(days=1)), to_us(NOW)
    assert len(history.points_between(engine, ["a"], *day)) == 1
    (row,) = points.find_signals(engine)
    assert sum(each.points for each in history.find(engine, row.id, day, 1000)) == 2


def test_points_older_than_what_is_kept_are_not_accepted(engine: Engine) -> None:
    keeper = SignalKeeper(engine, KEPT, lambda: NOW)
    assert keeper.oldest_us(NOW) == to_us(NOW - timedelta(hours=1))
    crowded = SignalKeeper(engine, KEPT._replace(most_points=1), lambda: NOW)
    crowded.require_ready()
    for minutes_ago in range(2, 8):
        add(crowded, minutes_ago)
    crowded.work()
    assert crowded.oldest_us(NOW) == to_us(NOW - timedelta(minutes=2))


def test_a_database_that_comes_back_is_used(tmp_path: Path) -> None:
    place = tmp_path / "telemetry.sqlite"
    place.mkdir()
    keeper = SignalKeeper(database.connect(f"sqlite:///{place}"), KEPT, lambda: NOW)
    keeper.start()
    with pytest.raises(DatabaseError):
        keeper.require_ready()
    place.rmdir()
    wait_until(lambda: place.is_file())
    keeper.stop()
    keeper.require_ready()
