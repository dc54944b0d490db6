import pytest
from sqlalchemy import Engine, Table, inspect
from sqlalchemy.exc import IntegrityError

from dataflow_health.storage.records import incidents
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import reading, writing
from dataflow_health_tests.health.incident_factories import make_incident

ALL = list(tables.metadata.tables.values())


@pytest.mark.parametrize("table", ALL, ids=lambda table: table.name)
def test_a_table_and_its_index_names_are_explained_and_named(table: Table) -> None:
    assert table.comment
    assert table.primary_key.columns
    assert all(index.name for index in table.indexes)


@pytest.mark.parametrize("table", ALL, ids=lambda table: table.name)
def test_a_time_column_says_so_in_its_name(table: Table) -> None:
    times = {each.name for each in table.columns if type(each.type).__name__ == "UtcDateTime"}
    named = {each.name for each in table.columns if each.name in ("at",) or each.name[-3:] == "_at"}
    assert times == named


def test_archives_and_recordings_have_the_same_columns_at_a_stage() -> None:
    archives, recordings = (
        tables.archive_stage.columns.keys(),
        tables.recording_stage.columns.keys(),
    )
    assert archives[1:] == recordings[1:]
    assert (archives[0], recordings[0]) == ("archive_id", "recording_id")


def test_analysts_find_the_comments_in_postgresql_and_sqlite_stores_none(engine: Engine) -> None:
    with reading(engine) as connection:
        if engine.dialect.name == "postgresql":
            found = inspect(connection).get_table_comment("finding")
            assert found["text"] == tables.finding.comment
        else:
            with pytest.raises(NotImplementedError):
                inspect(connection).get_table_comment("finding")


def test_a_cause_has_at_most_one_open_incident(engine: Engine) -> None:
    with writing(engine) as connection:
        incidents.save(connection, make_incident(id=0))
    with pytest.raises(IntegrityError), writing(engine) as connection:
        incidents.save(connection, make_incident(id=0))
