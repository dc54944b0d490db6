from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import Engine

from dataflow_health.clock import utc_now
from dataflow_health.errors import DatabaseError
from dataflow_health.monitoring.signals import receiver as module
from dataflow_health.monitoring.signals.receiver import Receiver
from dataflow_health.storage.signals import history
from dataflow_health.storage.signals.points import Point
from dataflow_health.storage.signals.signal_database import create_tables
from dataflow_health.storage.sql import database

LIMIT_S = 60


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = database.connect(f"sqlite:///{tmp_path / 'telemetry.sqlite'}")
    yield made
    made.dispose()


def stored(engine: Engine) -> list[float]:
    return [each.value for each in history.points_between(engine, ["a"], 0, 10**15)]


def test_points_are_stored_when_their_future_is_done_and_then_published(engine: Engine) -> None:
    create_tables(engine)
    receiver = Receiver(engine, utc_now)
    published: list[Point] = []

    def publish(points: Sequence[Point]) -> None:
        assert stored(engine)
        published.extend(points)

    stop_listening = receiver.listen(publish)
    receiver.start()
    done = receiver.submit([Point("a", 1, 5.0)])
    assert done is not None
    done.result(LIMIT_S)
    assert stored(engine) == [5.0]
    receiver.stop()
    assert published == [Point("a", 1, 5.0)]
    stop_listening()


def test_what_was_submitted_before_the_end_is_stored(engine: Engine) -> None:
    create_tables(engine)
    receiver = Receiver(engine, utc_now)
    waiting = [receiver.submit([Point("a", n, n)]) for n in range(50)]
    receiver.start()
    receiver.stop()
    assert all(done is not None and done.done() for done in waiting)
    assert len(stored(engine)) == 50


def test_the_sender_gets_the_error_of_the_database_and_later_points_are_stored(
    engine: Engine,
) -> None:
    receiver = Receiver(engine, utc_now)
    receiver.start()
    lost = receiver.submit([Point("a", 1, 5.0)])
    assert lost is not None
    with pytest.raises(DatabaseError):
        lost.result(LIMIT_S)
    create_tables(engine)
    done = receiver.submit([Point("a", 1, 5.0)])
    assert done is not None
    done.result(LIMIT_S)
    receiver.stop()


def test_too_many_points_that_wait_are_not_taken(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_WAITING", 2)
    create_tables(engine)
    receiver = Receiver(engine, utc_now)
    first = receiver.submit([Point("a", 1, 5.0), Point("a", 2, 5.0)])
    assert first is not None
    assert receiver.submit([Point("a", 3, 5.0)]) is None
    receiver.start()
    first.result(LIMIT_S)
    receiver.stop()
    assert receiver.submit([Point("a", 3, 5.0)]) is not None
