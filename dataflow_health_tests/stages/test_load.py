from dataclasses import replace

import pytest
from sqlalchemy import Engine, func, select

from dataflow_health.stages import load
from dataflow_health.storage.ledger import ledger, stage_records
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import fetch, insert_new
from dataflow_health_tests.factories import DAY, NOON, stage_request
from dataflow_health_tests.stages.processed_day import ProcessedDay

pytestmark = pytest.mark.spark

COPIED = (tables.archive, tables.recording, tables.recording_stage, tables.member)


def rows_of(engine: Engine) -> tuple[int, int]:
    runs, found = (
        fetch(engine, select(func.count().label("n")).select_from(table))[0].n
        for table in (tables.algorithm_run, tables.finding)
    )
    return runs, found


@pytest.fixture
def elsewhere(day: ProcessedDay, engine: Engine) -> ProcessedDay:
    """The same day with its ledger in a database of either kind, its answers not loaded yet."""
    for table in COPIED:
        copied = [dict(row._mapping) for row in fetch(day.deps.engine, table.select())]
        if table is tables.recording_stage:
            copied = [row for row in copied if row["stage"] != "load"]
        with writing(engine) as connection:
            insert_new(connection, table, copied)
    with writing(engine) as connection:
        ids = [r.id for r in stage_records.find(engine, stage="analyse", day=DAY, states=["done"])]
        ledger.hand_over(connection, "load", DAY, ids, NOON)
    return replace(day, deps=replace(day.deps, engine=engine))


def test_answers_and_findings_land_once_however_often_they_are_loaded(
    elsewhere: ProcessedDay,
) -> None:
    engine = elsewhere.deps.engine
    assert load.run(elsewhere.deps, stage_request()).done == 3
    first = rows_of(engine)
    assert first[0] == 3 * len(elsewhere.deps.catalogue.algorithms)
    assert first[1] > 0
    assert load.run(elsewhere.deps, stage_request()).worked == 0
    assert load.run(elsewhere.deps, stage_request(force=True)).done == 3
    assert rows_of(engine) == first


def test_a_finding_carries_its_instant_and_the_versions_that_made_it(
    elsewhere: ProcessedDay,
) -> None:
    load.run(elsewhere.deps, stage_request())
    engine = elsewhere.deps.engine
    truth = next(m for m in elsewhere.flights.values() if m.events)
    statement = select(tables.finding).where(
        tables.finding.c.algorithm == truth.events[0].name, tables.finding.c.severity != "info"
    )
    found = fetch(engine, statement)
    assert len(found) == 1
    elapsed = found[0].start_at - truth.plan.started_at
    assert int(elapsed.total_seconds()) == truth.events[0].start_s
    run = fetch(engine, select(tables.algorithm_run))[0]
    assert run.version
    assert run.parser_version
    assert run.uploaded_at.tzinfo is not None


def test_a_load_that_fails_half_way_leaves_nothing(
    elsewhere: ProcessedDay, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr(ledger, "finish_in", fail)
    with pytest.raises(RuntimeError, match="power cut"):
        load.run(elsewhere.deps, stage_request())
    monkeypatch.undo()
    assert rows_of(elsewhere.deps.engine) == (0, 0)
    assert load.run(elsewhere.deps, stage_request()).done == 3
