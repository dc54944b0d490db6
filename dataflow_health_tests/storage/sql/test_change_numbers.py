from datetime import date

import pytest
from sqlalchemy import Engine

from dataflow_health.storage.records import observations
from dataflow_health.storage.sql import change_numbers, tables
from dataflow_health.storage.sql.database import snapshot, writing
from dataflow_health_tests.health.factories import make_observation

CHANGED = tables.observation.c.changed


def next_unread(engine: Engine) -> int:
    with snapshot(engine) as connection:
        return change_numbers.next_unread(connection, CHANGED)


def unread(engine: Engine, since: int) -> set[str]:
    with snapshot(engine) as connection:
        return {check for _, check, _, _ in observations.read_changed(connection, since)}


def test_rows_written_after_a_snapshot_have_its_number_or_a_higher_one(engine: Engine) -> None:
    seen = [next_unread(engine)]
    for number in range(3):
        observations.save(engine, [make_observation("parse", f"check_{number}")])
        seen.append(next_unread(engine))
    assert seen == sorted(seen)
    assert [unread(engine, each) for each in seen] == [
        {f"check_{number}" for number in range(first, 3)} for first in range(4)
    ]


def test_a_row_written_again_is_unread_again(engine: Engine) -> None:
    observations.save(engine, [make_observation("parse", "good", arrival_day=date(2020, 1, 1))])
    observations.save(engine, [make_observation("parse", "other")])
    since = next_unread(engine)
    observations.save(engine, [make_observation("parse", "good", arrival_day=date(2020, 1, 1))])
    assert unread(engine, since) == {"good"}


def test_a_transaction_that_commits_late_is_read_late_and_not_lost(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    with writing(engine) as slow:
        assert change_numbers.current(slow, CHANGED) > 0
        observations.save(engine, [make_observation("parse", "quick")])
        since = next_unread(engine)
        slow.exec_driver_sql(
            "INSERT INTO observation SELECT process, 'slow', part, arrival_day, outcome, severity,"
            " detail, evidence, since_at, observed_at, link, run_id,"
            " CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT) FROM observation"
        )
    assert "slow" in unread(engine, since)
