from datetime import UTC, datetime, timedelta, timezone

from sqlalchemy import Engine

from dataflow_health.storage.signals.signal_database import (
    create_tables,
    from_us,
    has_tables,
    to_us,
)
from dataflow_health.storage.sql import database


def test_tables_are_made_once(database_url: str) -> None:
    engine = database.connect(database_url)
    assert not has_tables(engine)
    for _ in range(2):
        create_tables(engine)
    assert has_tables(engine)
    engine.dispose()


def test_tables_of_signals_stand_beside_those_of_the_ledger(engine: Engine) -> None:
    create_tables(engine)
    assert has_tables(engine)
    database.upgrade(engine)


def test_times_are_kept_to_the_microsecond() -> None:
    at = datetime(2199, 12, 31, 23, 59, 59, 999999, tzinfo=timezone(timedelta(hours=5)))
    assert from_us(to_us(at)) == at
    assert to_us(datetime(1970, 1, 2, tzinfo=UTC)) == 86_400_000_000
