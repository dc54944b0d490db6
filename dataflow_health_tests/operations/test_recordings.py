from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, insert

from dataflow_health.errors import NotFound
from dataflow_health.operations import recordings
from dataflow_health.storage.ledger import conservation
from dataflow_health.storage.queries import recording_history
from dataflow_health.storage.queries.algorithm_runs import RunFilter
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests import installation
from dataflow_health_tests.factories import catalogue
from dataflow_health_tests.installation import NOW, recording_id
from dataflow_health_tests.storage.ledger import full_count

PROCESSES = catalogue().processes


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    folder: Path = tmp_path_factory.mktemp("recordings")
    return installation.filled(installation.settings(folder))


def test_a_page_has_its_rows_and_the_total(engine: Engine) -> None:
    page = recordings.algorithm_runs(engine, RunFilter(tail="HB-Z01", limit=4, offset=2))
    assert (page.total, page.limit, page.offset, len(page.rows)) == (15, 4, 2, 4)
    assert {row.tail for row in page.rows} == {"HB-Z01"}


def test_recordings_not_analysed_yet_have_no_algorithm(engine: Engine) -> None:
    page = recordings.algorithm_runs(engine, RunFilter(outcome="none"))
    assert {row.recording for row in page.rows} == {recording_id(19), recording_id(39)}
    assert {row.algorithm for row in page.rows} == {None}


def test_a_history_has_stages_outcomes_and_findings(engine: Engine) -> None:
    finding = {
        "arrival_day": recording_history.find(engine, recording_id(1)).arrival_day,
        "recording_id": recording_id(1), "algorithm": "hard_landing", "number": 1,
        "tail": "HB-Z01",
        "severity": "error", "start_s": 30.0, "end_s": 31.0, "peak": 2.5, "detail": "",
    }  # fmt: skip
    with writing(engine) as connection:
        connection.execute(insert(tables.finding).values(**finding))
    history = recordings.recording_history(engine, recording_id(1))
    assert [stage.stage for stage in history.stages][-1] == "load"
    assert sum(history.outcomes.values()) == 3
    (found,) = history.findings
    assert (found.algorithm, found.start_s, found.peak) == ("hard_landing", 30.0, 2.5)


def test_the_history_of_a_refused_recording_ends_with_its_evidence(engine: Engine) -> None:
    history = recordings.recording_history(engine, recording_id(19)[:8])
    last = history.stages[-1]
    assert (last.stage, last.state, last.reason) == ("parse", "quarantined", "no_sync")
    assert (history.outcomes, history.findings, history.duplicate_archives) == ({}, (), ())


def test_an_unknown_recording_is_not_found(engine: Engine) -> None:
    with pytest.raises(NotFound, match="000000"):
        recordings.recording_history(engine, "0" * 64)


def test_the_balance_of_all_days_is_the_sum_of_the_days(engine: Engine) -> None:
    whole = recordings.ledger_balance(engine, PROCESSES, NOW)
    days = [
        recordings.ledger_balance(engine, PROCESSES, NOW, f"2026-11-{day}")
        for day in (17, 18, 19, 20)
    ]
    for stage in whole.stages:
        parts = [each for day in days for each in day.stages if each.stage == stage.stage]
        assert stage.incoming == sum(part.incoming for part in parts)
        assert stage.done == sum(part.done for part in parts)
    assert whole.is_balanced
    assert all(day.is_balanced for day in days)


def test_the_balance_is_that_of_every_day_when_most_are_settled(tmp_path: Path) -> None:
    engine = installation.filled(installation.settings(tmp_path))
    later = NOW + timedelta(days=9)
    found = recordings.ledger_balance(engine, PROCESSES, later)
    every = full_count.total(conservation.stage_counts(engine, later))
    assert [(e.stage, e.done, e.incoming) for e in found.stages] == [
        (stage, counts.done, counts.incoming) for stage, counts in every.items()
    ]
    with writing(engine) as connection:
        stage = tables.recording_stage
        connection.execute(delete(stage).where(stage.c.stage == "load"))
    assert not recordings.ledger_balance(engine, PROCESSES, later).is_balanced
