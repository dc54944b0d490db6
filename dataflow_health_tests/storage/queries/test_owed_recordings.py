from datetime import date

import pytest
from sqlalchemy import Engine

from dataflow_health.health.owed_answers import OwedRecording
from dataflow_health.storage.queries import owed_recordings
from dataflow_health_tests.analysed_recordings import analyse, declare
from dataflow_health_tests.factories import DAY
from dataflow_health_tests.storage.ledger.factories import recordings, refuse

NEXT_DAY = "2026-11-21"


@pytest.fixture
def ids(engine: Engine) -> list[str]:
    """Three recordings: one owes two answers, one of the next day owes one, one owes none."""
    made = recordings(engine, 3)
    analyse(engine, made[:1], {})
    analyse(engine, made[1:2], {"low": "1"}, day=NEXT_DAY)
    analyse(engine, made[2:], {"peak": "1", "low": "1"})
    declare(engine, {"peak": "1", "low": "1"})
    return made


def test_recordings_are_listed_newest_day_first_with_what_they_lack(
    engine: Engine, ids: list[str]
) -> None:
    newest = OwedRecording(ids[1], "HB-ZAA", date(2026, 11, 21), ("peak",))
    oldest = OwedRecording(ids[0], "HB-ZAA", date(2026, 11, 20), ("low", "peak"))
    assert owed_recordings.find(engine) == [newest, oldest]
    assert owed_recordings.find(engine, limit=1) == [newest]
    assert owed_recordings.find(engine, limit=1, offset=1) == [oldest]
    assert owed_recordings.find(engine, day=DAY) == [oldest]
    assert owed_recordings.find(engine, algorithm="low") == [oldest._replace(algorithms=("low",))]
    assert owed_recordings.find(engine, algorithm="unknown") == []


def test_nothing_is_unanswered_once_it_is_answered(engine: Engine, ids: list[str]) -> None:
    before = owed_recordings.find(engine)
    assert owed_recordings.unanswered(engine, before) == {ids[1]: 1, ids[0]: 2}
    analyse(engine, ids[:1], {"peak": "1", "low": "1"})
    assert owed_recordings.unanswered(engine, before) == {ids[1]: 1}


@pytest.mark.parametrize("stage", ["analyse", "parse"])
def test_a_recording_that_was_refused_meanwhile_is_unanswered(
    engine: Engine, ids: list[str], stage: str
) -> None:
    before = owed_recordings.find(engine, day=DAY)
    refuse(engine, ids[:1], stage, "input_missing")
    assert owed_recordings.find(engine, day=DAY) == []
    assert owed_recordings.unanswered(engine, before) == {ids[0]: 2}
