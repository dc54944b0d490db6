import threading

import pytest
from sqlalchemy import Engine, insert, inspect, select

from dataflow_health.storage.ledger import day_counts
from dataflow_health.storage.sql import count_triggers, day_count_triggers, tables
from dataflow_health.storage.sql.database import reading, writing
from dataflow_health.storage.sql.statements import insert_new
from dataflow_health_tests.factories import DAY
from dataflow_health_tests.storage.ledger import full_count
from dataflow_health_tests.waiting import wait_until

MEMBER = {
    "archive_id": "b" * 64, "path": "a.rdf", "size_bytes": 1, "arrival_day": DAY,
    "outcome": "other",
}  # fmt: skip


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_every_table_that_is_counted_has_its_triggers(dialect: str) -> None:
    made = [*day_count_triggers.statements(dialect), *count_triggers.statements(dialect)]
    found = "\n".join(made)
    assert all(f" ON {table.name} " in found for table in full_count.TABLES)


def test_a_row_that_is_skipped_as_known_is_counted_once(engine: Engine) -> None:
    for _ in range(2):
        with writing(engine) as connection:
            insert_new(connection, tables.member, [MEMBER])
    with reading(engine) as connection:
        assert connection.execute(select(tables.day_count.c.number)).scalar_one() == 1


def test_the_tables_are_dropped_and_created_again_with_their_triggers(engine: Engine) -> None:
    with writing(engine) as connection:
        tables.metadata.drop_all(connection)
        assert "day_count" not in inspect(connection).get_table_names()
        tables.metadata.create_all(connection)
        connection.execute(insert(tables.member).values(**MEMBER))
    with reading(engine) as connection:
        assert [each.step for each in day_counts.read(connection)] == ["member"]


def test_two_writers_of_other_rows_of_the_same_days_take_turns(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    days = ("2026-11-20", "2026-11-21")
    write = insert(tables.member)

    def other_writer() -> None:
        with writing(engine) as connection:
            for day in reversed(days):
                connection.execute(write.values(**MEMBER | {"arrival_day": day, "path": f"o{day}"}))

    def is_waiting() -> bool:
        with reading(engine) as connection:
            return bool(
                connection.exec_driver_sql("SELECT 1 FROM pg_locks WHERE NOT granted").all()
            )

    with writing(engine) as connection:
        connection.execute(write.values(**MEMBER | {"arrival_day": days[0]}))
        other = threading.Thread(target=other_writer)
        other.start()
        wait_until(is_waiting)
        connection.execute(write.values(**MEMBER | {"arrival_day": days[1], "path": "b.rdf"}))
    other.join()
    with reading(engine) as connection:
        assert sum(connection.scalars(select(tables.day_count.c.number))) == 4
