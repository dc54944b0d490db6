from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from dataflow_health.storage.records import version_table
from dataflow_health.storage.records.version_table import RETURNS_WITHIN
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.factories import NOON

HOUR = timedelta(hours=1)


def test_the_keys_of_rows_that_are_not_declared_any_more_are_returned(engine: Engine) -> None:
    table = tables.declared_version
    keys = ("parse", "rdf", ""), ("parse", "rdf", "twin")
    both = dict.fromkeys(keys, "1")
    with writing(engine) as connection:
        assert version_table.save_changed(connection, table, both, NOON) == set()
        removed = version_table.save_changed(connection, table, {keys[0]: "1"}, NOON)
        assert removed == {keys[1]}
        version_table.remove(connection, table, removed)
        version_table.remove(connection, table, set())
        assert version_table.save_changed(connection, table, {}, NOON) == {keys[0]}


@pytest.mark.parametrize(
    ("returns_at", "declared_at"),
    [(NOON + RETURNS_WITHIN, NOON - HOUR), (NOON + HOUR, NOON + HOUR)],
)
def test_a_version_that_comes_back_soon_keeps_its_time(
    engine: Engine, returns_at: datetime, declared_at: datetime
) -> None:
    table, key = tables.declared_version, ("parse", "rdf", "")
    with writing(engine) as connection:
        version_table.save_changed(connection, table, {key: "1"}, NOON - HOUR)
        version_table.save_changed(connection, table, {key: "2"}, NOON)
        compared = version_table.compare(connection, table, {key: "1"}, returns_at)
        version_table.save_changed(connection, table, {key: "1"}, returns_at)
        [row] = connection.execute(select(table))
    assert compared == {key: (row.version, row.declared_at)} == {key: ("1", declared_at)}
