from datetime import datetime

from sqlalchemy import Engine, literal, select

from dataflow_health.storage.sql.column_types import UtcDateTime
from dataflow_health.storage.sql.month_of import month_of
from dataflow_health.storage.sql.statements import fetch

END_OF_YEAR = datetime.fromisoformat("2026-12-31T23:30:00-01:00")


def test_the_month_of_a_time_is_that_of_utc(engine: Engine) -> None:
    at, unknown = literal(END_OF_YEAR, UtcDateTime()), literal(None, UtcDateTime())
    (row,) = fetch(engine, select(month_of(at).label("known"), month_of(unknown).label("unknown")))
    assert tuple(row) == ("2027-01", None)
