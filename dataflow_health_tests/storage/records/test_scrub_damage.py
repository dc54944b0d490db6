from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, insert

from dataflow_health.storage.ledger import ledger, quarantine, stage_records
from dataflow_health.storage.records import scrub_damage
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.records.scrub_damage import NOT_IN_LEDGER, Damage
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.storage.ledger.factories import recordings, refuse, result

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def damage(engine: Engine) -> Damage:
    """The saved damage of a recording's file at parse."""
    [id_] = recordings(engine, 1)
    ledger.finish(engine, "parse", DAY, "run", [result(id_)])
    found = Damage("parse", "parse/a", id_, DAY, "input_changed", "digest")
    scrub_damage.save(engine, [found], LATER)
    return found


def requeue(engine: Engine) -> None:
    records = stage_records.find(engine, stage="parse")
    operator = Operator("scrub", "dagster")
    quarantine.requeue(engine, records, operator, action="rebuild", reason="", at=LATER)


def test_damage_is_there_until_its_stage_has_made_it_again(engine: Engine, damage: Damage) -> None:
    assert scrub_damage.find_made(engine) == scrub_damage.find(engine) == [damage]
    requeue(engine)
    assert (scrub_damage.find_made(engine), scrub_damage.find(engine, 1)) == ([], [damage])
    again = replace(result(damage.item), finished_at=LATER + timedelta(minutes=1))
    ledger.finish(engine, "parse", DAY, "run", [again])
    assert scrub_damage.count(engine) == 0


def test_what_the_stage_refuses_is_red_in_quarantine_only(engine: Engine, damage: Damage) -> None:
    refuse(engine, [damage.item])
    assert scrub_damage.find(engine) == []


def test_damage_that_is_none_is_removed_and_one_that_comes_back_is_saved_anew(
    engine: Engine, damage: Damage
) -> None:
    scrub_damage.remove(engine, [damage.key])
    assert scrub_damage.count(engine) == 0
    scrub_damage.save(engine, [damage, damage], LATER)
    assert scrub_damage.count(engine) == 1


def test_an_archive_that_the_ledger_lacks_is_damage_until_it_has_it(engine: Engine) -> None:
    lost = Damage("download", "download/a.zip", "a" * 64, DAY, NOT_IN_LEDGER, "")
    scrub_damage.save(engine, [lost], NOON)
    assert (scrub_damage.find(engine), scrub_damage.find_made(engine)) == ([lost], [])
    row = {
        "id": lost.item, "name": "a.zip", "source": "landing", "size_bytes": 2, "path": lost.path,
        "arrival_day": DAY, "arrived_at": NOON, "received_at": NOON, "received_by": "test",
    }  # fmt: skip
    with writing(engine) as connection:
        connection.execute(insert(tables.archive).values(**row))
    assert scrub_damage.find(engine) == []
