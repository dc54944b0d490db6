import pytest
from sqlalchemy import Engine, update

from dataflow_health.storage.ledger import arrival_days, ledger
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.storage.ledger import full_count
from dataflow_health_tests.storage.ledger.factories import archive, recordings, refuse, result
from dataflow_health_tests.storage.query_plans import plans, scans


def test_a_day_is_unfinished_until_nothing_waits_or_runs(engine: Engine) -> None:
    assert arrival_days.unfinished(engine) == []
    ids = recordings(engine, 2)
    assert arrival_days.unfinished(engine) == [DAY]
    ledger.begin(engine, "parse", ids, "run", NOON)
    assert arrival_days.unfinished(engine) == [DAY]
    refuse(engine, ids)
    assert arrival_days.unfinished(engine) == []


def test_archives_and_recordings_make_a_day_unfinished(engine: Engine) -> None:
    archive(engine)
    assert arrival_days.unfinished(engine) == [DAY]


def test_unfinished_days_come_oldest_first_and_once(engine: Engine) -> None:
    ids = recordings(engine, 3)
    table = tables.recording_stage
    with writing(engine) as connection:
        for each, day in zip(ids, ["2026-11-21", "2026-11-19", "2026-11-21"], strict=True):
            connection.execute(
                update(table).where(table.c.recording_id == each).values(arrival_day=day)
            )
    assert arrival_days.unfinished(engine) == ["2026-11-19", "2026-11-21"]


def test_days_with_results_are_those_of_loaded_recordings(engine: Engine) -> None:
    ids = recordings(engine, 1)
    assert arrival_days.with_results(engine) == []
    ledger.finish(engine, "load", DAY, "run", [result(ids[0])])
    assert arrival_days.with_results(engine) == [DAY]


def test_work_tried_too_often_waits_for_an_operator(engine: Engine) -> None:
    ids = recordings(engine, 1)
    for _ in range(3):
        ledger.begin(engine, "parse", ids, "run", NOON)
    assert arrival_days.unfinished(engine, max_attempts=4) == [DAY]
    assert arrival_days.unfinished(engine, max_attempts=3) == []


def test_the_next_stage_starts_with_no_attempts(engine: Engine) -> None:
    ids = recordings(engine, 1)
    for _ in range(3):
        ledger.begin(engine, "parse", ids, "run", NOON)
    ledger.finish(engine, "parse", DAY, "run", [result(ids[0])])
    assert arrival_days.unfinished(engine, max_attempts=1) == [DAY]


@full_count.with_any_ledger(examples=40)
def test_unfinished_days_are_those_of_every_row_looked_at(
    engine: Engine, rows: full_count.Rows
) -> None:
    full_count.write(engine, rows)
    for limit in (None, 3):
        assert arrival_days.unfinished(engine, limit) == full_count.unfinished_days(rows, limit)


@pytest.mark.parametrize("limit", [None, 3])
def test_finished_work_is_not_read(engine: Engine, limit: int | None) -> None:
    used = "\n".join(plans(engine, lambda: arrival_days.unfinished(engine, limit)))
    for table in ("archive_stage", "recording_stage"):
        assert f"ix_{table}_unfinished" in used
    if engine.dialect.name == "sqlite":
        assert scans(engine, lambda: arrival_days.unfinished(engine, limit)) == set()
