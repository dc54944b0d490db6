import time
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, insert

from dataflow_health.health.owed_answers import OwedDay
from dataflow_health.storage.ledger import ledger
from dataflow_health.storage.queries import owed_answers
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.analysed_recordings import analyse, declare
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.storage.ledger.factories import recordings

DAY = date(2026, 11, 20)
LATER = NOON + timedelta(hours=1)


@pytest.mark.slow
def test_a_new_algorithm_owes_an_answer_for_every_analysed_recording(engine: Engine) -> None:
    ids = recordings(engine, 3)
    analyse(engine, ids, {"peak": "1"})
    declare(engine, {"peak": "1"})
    assert owed_answers.read(engine).days == ()
    declare(engine, {"peak": "1", "low": "1"}, LATER)
    assert owed_answers.read(engine).days == (OwedDay("low", "1", DAY, 3, LATER),)


def test_a_changed_algorithm_owes_answers_of_its_new_version(engine: Engine) -> None:
    analyse(engine, recordings(engine, 2), {"peak": "1", "low": "1"})
    declare(engine, {"peak": "1", "low": "2"}, LATER)
    assert owed_answers.read(engine).days == (OwedDay("low", "2", DAY, 2, LATER),)


def test_a_removed_algorithm_owes_nothing(engine: Engine) -> None:
    analyse(engine, recordings(engine, 2), {"peak": "1", "low": "1"})
    declare(engine, {"peak": "1"}, LATER)
    assert owed_answers.read(engine).days == ()


def test_a_paid_debt_is_gone_and_a_half_paid_one_is_the_rest(engine: Engine) -> None:
    first, second = recordings(engine, 2)
    analyse(engine, [first, second], {"peak": "1"})
    declare(engine, {"peak": "1", "low": "1"})
    analyse(engine, [first], {"peak": "1", "low": "1"}, LATER)
    assert [each.recordings for each in owed_answers.read(engine).days] == [1]
    analyse(engine, [second], {"peak": "1", "low": "1"}, LATER)
    assert owed_answers.read(engine).days == ()


def test_a_recording_that_waits_for_analyse_or_is_in_its_run_owes_nothing(engine: Engine) -> None:
    ids = recordings(engine, 2)
    with writing(engine) as connection:
        ledger.hand_over(connection, "analyse", DAY.isoformat(), ids, NOON)
    declare(engine, {"peak": "1"})
    assert owed_answers.read(engine).days == ()
    ledger.begin(engine, "analyse", ids, "run", NOON)
    assert owed_answers.read(engine).days == ()


def test_a_debt_begins_when_the_recording_was_analysed_without_a_declared_algorithm(
    engine: Engine,
) -> None:
    declare(engine, {"peak": "1", "low": "1"}, NOON)
    analyse(engine, recordings(engine, 1), {"peak": "1"}, LATER)
    assert owed_answers.read(engine).days == (OwedDay("low", "1", DAY, 1, LATER),)


def test_the_newest_arrival_day_comes_first(engine: Engine) -> None:
    first, second = recordings(engine, 2)
    analyse(engine, [first], {})
    analyse(engine, [second], {}, day="2026-11-21")
    declare(engine, {"peak": "1"})
    days = [each.arrival_day for each in owed_answers.read(engine).days]
    assert days == [date(2026, 11, 21), DAY]


@pytest.mark.timing
def test_the_cost_does_not_grow_with_the_history(engine: Engine) -> None:
    row = {
        "stage": "analyse", "arrival_day": "2026-11-20", "state": "done", "code_version": "1-peak",
        "measurements": {"versions": {"peak": "1"}}, "attempts": 1, "finished_at": NOON,
    }  # fmt: skip
    with writing(engine) as connection:
        connection.execute(
            insert(tables.recording_stage),
            [{**row, "recording_id": f"{number:064x}"} for number in range(10_000)],
        )
    declare(engine, {"peak": "1"})
    durations_s = []
    for _ in range(5):
        begun_s = time.perf_counter()
        assert owed_answers.read(engine).days == ()
        durations_s.append(time.perf_counter() - begun_s)
    assert min(durations_s) < 0.05
