from sqlalchemy import Engine

from dataflow_health.storage.records import version_table
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.factories import NOON


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
