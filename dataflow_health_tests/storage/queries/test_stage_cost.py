from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, update

from dataflow_health.storage.ledger import ledger
from dataflow_health.storage.queries import stage_cost
from dataflow_health.storage.queries.stage_cost import DayCost
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.storage.ledger.factories import archive, recordings, result

DAYS = date(2026, 11, 20), date(2026, 11, 21)


@pytest.fixture
def ids(engine: Engine) -> list[str]:
    """Four recordings, one of another layout; a run of an hour finished three, one of a minute."""
    made = recordings(engine, 4)
    with writing(engine) as connection:
        connection.execute(
            update(tables.recording).where(tables.recording.c.id == made[0]).values(layout="old")
        )
    for some, day, took in ((made[:3], DAY, 60), (made[3:], "2026-11-21", 1)):
        ended_at = NOON + timedelta(minutes=took)
        done = [replace(result(each), finished_at=ended_at) for each in some]
        ledger.finish(engine, "parse", day, "run", done)
    return made


def test_all_recordings_cost_what_their_runs_took(engine: Engine, ids: list[str]) -> None:
    assert stage_cost.read(engine, ["parse"], of_all=True) == [
        DayCost(DAYS[1], 1, timedelta(minutes=1)), DayCost(DAYS[0], 3, timedelta(hours=1)),
    ]  # fmt: skip


def test_the_recordings_of_a_layout_cost_their_share(engine: Engine, ids: list[str]) -> None:
    found = stage_cost.read(engine, ["parse"], layouts=["old"])
    assert found == [DayCost(DAYS[0], 1, timedelta(minutes=20))]
    assert stage_cost.read(engine, ["parse"], recorders=["generic_rdf"])[1].recordings == 3
    assert stage_cost.read(engine, ["parse"]) == []


def test_archives_cost_what_the_runs_of_all_days_took(engine: Engine) -> None:
    assert stage_cost.read_archives(engine, "extract") == (0, timedelta())
    done = result(archive(engine))
    ended = [replace(done, finished_at=NOON + timedelta(minutes=5))]
    ledger.finish(engine, "extract", DAY, "run", ended)
    assert stage_cost.read_archives(engine, "extract") == (1, timedelta(minutes=5))


def test_later_stages_add_time_and_no_recordings(engine: Engine, ids: list[str]) -> None:
    later = replace(result(ids[0]), finished_at=NOON + timedelta(minutes=5))
    ledger.finish(engine, "compress", DAY, "run", [later])
    found = stage_cost.read(engine, ["parse", "compress"], layouts=["old"])
    assert found == [DayCost(DAYS[0], 1, timedelta(minutes=25))]
