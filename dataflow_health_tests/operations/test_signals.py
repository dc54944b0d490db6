from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from dataflow_health.errors import NotFound
from dataflow_health.health.self_check import SignalsArrive
from dataflow_health.operations import signals
from dataflow_health.storage.signals import crossings, points
from dataflow_health.storage.signals.crossings import CrossingRow
from dataflow_health.storage.signals.points import Point
from dataflow_health.storage.signals.signal_database import create_tables, to_us
from dataflow_health.storage.sql import database

NOW = datetime(2026, 11, 29, 6, 0, tzinfo=UTC)
ARRIVES = SignalsArrive(name="signals_arrive", kind="signals_arrive")
HOUR = (NOW - timedelta(hours=1), NOW)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = database.connect(f"sqlite:///{tmp_path / 'telemetry.sqlite'}")
    create_tables(made)
    some = [
        Point(name, to_us(NOW - timedelta(seconds=ago)), value)
        for name, ago, value in (("b", 5, 1.0), ("a", 9, 2.0), ("a", 6, 4.0))
    ]
    points.append(made, points.signal_ids(made), some, to_us(NOW))
    yield made
    made.dispose()


def test_the_newest_values_have_the_age_of_their_arrival(engine: Engine) -> None:
    found = signals.newest(engine, NOW + timedelta(seconds=3), ARRIVES)
    assert [(each.name, each.value, each.age_s) for each in found] == [("a", 4, 3), ("b", 1, 3)]
    assert found[0].last_at == NOW - timedelta(seconds=6)


@pytest.mark.parametrize(
    ("silence", "state"),
    [(60, "arriving"), (61, "silent"), (86_400, "silent"), (86_401, "ended")],
)
def test_a_signal_is_silent_when_the_check_of_it_says_so(
    engine: Engine, silence: int, state: str
) -> None:
    found = signals.newest(engine, NOW + timedelta(seconds=silence), ARRIVES)
    assert {each.state for each in found} == {state}


def test_a_history_has_the_order_asked_for(engine: Engine) -> None:
    found = signals.history(engine, ["b", "a"], HOUR, 600, 50)
    assert [(each.name, each.mean) for each in found.signals] == [("b", (1.0,)), ("a", (2.0, 4.0))]


def test_without_names_the_first_signals_are_shown(engine: Engine) -> None:
    assert [each.name for each in signals.history(engine, [], HOUR, 600, 1).signals] == ["a"]


def test_one_pixel_shows_mean_lowest_and_highest(engine: Engine) -> None:
    begin = NOW - timedelta(seconds=NOW.timestamp() % 3600 + 3600)
    (shown,) = signals.history(engine, ["a"], (begin, NOW), 1, 50).signals
    assert (shown.mean, shown.low, shown.high, shown.points) == ((3.0,), (2.0,), (4.0,), (2,))


def test_an_unknown_name_is_refused_with_the_known_ones(engine: Engine) -> None:
    with pytest.raises(NotFound, match="'c'; known: a, b"):
        signals.history(engine, ["c"], HOUR, 600, 50)


def test_crossings_are_shown_newest_first_with_their_times(engine: Engine) -> None:
    at_us = to_us(NOW)
    rows = [
        CrossingRow(name, at_us, at_us + end, 9.0, "alert", "high", "1", is_open=True)
        for name, end in (("first", 5), ("second", 7))
    ]
    crossings.save(engine, rows, at_us)
    found = signals.crossings(engine, (NOW, None), 10)
    assert [each.algorithm for each in found] == ["second", "first"]
    assert (found[0].start_at, found[0].peak, found[0].is_open) == (NOW, 9.0, True)
    assert signals.crossings(engine, (None, NOW), 10) == ()
