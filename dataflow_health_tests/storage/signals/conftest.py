from collections.abc import Callable, Iterator, Sequence

import pytest
from sqlalchemy import Engine

from dataflow_health.storage.signals import points
from dataflow_health.storage.signals.points import Point
from dataflow_health.storage.signals.signal_database import create_tables
from dataflow_health.storage.sql import database

NOW_US = 1_796_000_000_000_000 // 60_000_000 * 60_000_000
"""A whole minute in 2026."""
S = 1_000_000

Store = Callable[[Sequence[Point]], None]


@pytest.fixture
def signals(database_url: str) -> Iterator[Engine]:
    """An empty database of live signals, in SQLite and PostgreSQL."""
    engine = database.connect(database_url)
    create_tables(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def store(signals: Engine) -> Store:
    return lambda some: points.append(signals, points.signal_ids(signals), some, NOW_US)


def series(name: str, seconds: range, value: Callable[[int], float] = float) -> list[Point]:
    """One point a second, counted from :data:`NOW_US`."""
    return [Point(name, NOW_US + second * S, value(second)) for second in seconds]
