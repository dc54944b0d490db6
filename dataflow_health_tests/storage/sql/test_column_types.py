from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.dialects import sqlite

from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.column_types import UtcDateTime
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import fetch
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.storage.ledger.factories import archive

DIALECT = sqlite.dialect()


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        UtcDateTime().process_bind_param(datetime(2026, 1, 1), DIALECT)  # noqa: DTZ001


@given(st.datetimes(timezones=st.just(timezone(timedelta(hours=5, minutes=30)))))
def test_a_time_of_any_zone_is_stored_as_utc(at: datetime) -> None:
    stored = UtcDateTime().process_bind_param(at, DIALECT)
    assert stored is not None
    assert (stored, stored.tzinfo) == (at, UTC)
    read = UtcDateTime().process_result_value(stored.replace(tzinfo=None), DIALECT)
    assert (read, read and read.tzinfo) == (at, UTC)


def test_no_time_stays_no_time() -> None:
    assert UtcDateTime().process_bind_param(None, DIALECT) is None
    assert UtcDateTime().process_result_value(None, DIALECT) is None


def test_a_time_of_another_zone_comes_back_as_utc(engine: Engine) -> None:
    archive(engine)
    at = datetime(2026, 11, 20, 17, 30, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    with writing(engine) as connection:
        connection.execute(tables.archive.update().values(received_at=at))
    (row,) = fetch(engine, select(tables.archive))
    assert (row.received_at, row.received_at.tzinfo) == (NOON, UTC)
