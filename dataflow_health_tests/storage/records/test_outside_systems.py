from datetime import timedelta

from sqlalchemy import Engine

from dataflow_health.storage.records import outside_systems
from dataflow_health_tests.factories import NOON

KEY = ("warehouse", "database_tables")


def test_a_description_stays_when_the_system_is_away_and_has_its_age(engine: Engine) -> None:
    outside_systems.save_error(engine, KEY, "database_tables", "refused", NOON)
    [row] = outside_systems.read(engine)
    assert (row.error, row.described_at, row.description) == ("refused", None, "")
    outside_systems.save_description(engine, KEY, "database_tables", "{}", NOON)
    later = NOON + timedelta(minutes=5)
    outside_systems.save_error(engine, KEY, "database_tables", "refused", later)
    [row] = outside_systems.read(engine)
    assert (row.asked_at, row.error) == (later, "refused")
    assert (row.described_at, row.description) == (NOON, "{}")
    outside_systems.save_description(engine, KEY, "database_tables", "[]", later)
    [row] = outside_systems.read(engine)
    assert (row.error, row.described_at, row.description) == ("", later, "[]")


def test_systems_that_are_not_declared_any_more_are_removed(engine: Engine) -> None:
    for name in ("a", "b"):
        outside_systems.save_error(engine, (name, "check"), "spark_jobs", "", NOON)
    outside_systems.keep_only(engine, [("b", "check"), ("c", "check")])
    assert [row.process for row in outside_systems.read(engine)] == ["b"]
