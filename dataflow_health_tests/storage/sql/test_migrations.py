"""Every migration goes up and down with rows in all tables, on both databases."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Engine, MetaData, Table, inspect, select, text

from dataflow_health.storage.records import audit_log
from dataflow_health.storage.sql import database, partitions
from dataflow_health_tests.conftest import cleared
from dataflow_health_tests.factories import NOON, dependencies
from dataflow_health_tests.stages import processed_day
from dataflow_health_tests.stages.test_database_faults import run

FIRST, NEWEST = "0001", database.known_revisions()[-1]
ROWS = 3

Contents = Mapping[str, Sequence[Mapping[str, Any]]]


@pytest.fixture
def empty(database_url: str) -> Iterator[Engine]:
    """A database without tables."""
    engine = database.connect(database_url)
    yield engine
    engine.dispose()


def migrate(engine: Engine, revision: str) -> None:
    with database.writing(engine) as connection:
        config = database.migration_config(connection)
        known = database.revision(connection) or ""
        (command.upgrade if known < revision else command.downgrade)(config, revision)


def reflected(engine: Engine) -> list[Table]:
    """The tables as the database has them, without Alembic's and without partitions."""
    found = MetaData()
    found.reflect(engine)
    return [
        table
        for name, table in sorted(found.tables.items())
        if name != "alembic_version" and not partitions.is_partition(name)
    ]


def contents(engine: Engine) -> Contents:
    tables = reflected(engine)
    with database.reading(engine) as connection:
        return {
            table.name: sorted(
                (dict(row._mapping) for row in connection.execute(select(table))), key=str
            )
            for table in tables
        }


def schema(engine: Engine) -> Mapping[str, object]:
    """Columns and indexes of each table."""
    found = inspect(engine)
    return {
        table.name: (
            [(each["name"], str(each["type"])) for each in found.get_columns(table.name)],
            sorted(str(each["name"]) for each in found.get_indexes(table.name)),
        )
        for table in reflected(engine)
    }


def fill_all_tables(engine: Engine) -> None:
    """Writes rows with a value in every column into every table."""
    tables = reflected(engine)
    with database.writing(engine) as connection:
        for table in tables:
            rows = [
                {column.name: value(column.name, str(column.type), n) for column in table.columns}
                for n in range(ROWS)
            ]
            connection.execute(table.insert(), rows)


def value(name: str, kind: str, number: int) -> Any:
    """A value for a column: equal names have equal values, so that rows belong together."""
    fixed = {"severity": "alert", "state": "dismissed", "arrival_day": f"2026-11-2{number}"}
    if name in fixed:
        return fixed[name]
    if kind.startswith(("DATETIME", "TIMESTAMP")):
        return datetime(2026, 11, 20, number, tzinfo=UTC)
    if kind.startswith("BOOL"):
        return number % 2 == 0
    if kind.startswith(("INT", "BIGINT")):
        return number
    if kind.startswith(("FLOAT", "DOUBLE", "REAL")):
        return number + 0.5
    if kind.startswith(("BLOB", "BYTEA")):
        return b"\xfa\xf3"
    if kind.startswith("JSON"):
        return {"seconds": number}
    return f"{name} {number}"[: int("".join(filter(str.isdigit, kind)) or 99)]


def common(engine: Engine, before: Contents) -> Contents:
    """The contents now, of the tables and columns that there were before."""
    now = contents(engine)
    return {
        name: sorted(({key: row[key] for key in rows[0]} for row in now[name]), key=str)
        for name, rows in before.items()
    }


def test_no_row_is_changed_by_going_up_and_down(empty: Engine) -> None:
    migrate(empty, FIRST)
    fill_all_tables(empty)
    before, declared = contents(empty), schema(empty)
    assert all(before.values())
    for _ in range(2):
        for revision in database.known_revisions()[1:]:
            migrate(empty, revision)
            assert common(empty, before) == before
        for revision in reversed(database.known_revisions()[:-1]):
            migrate(empty, revision)
        assert contents(empty) == before
        assert schema(empty) == declared


def test_findings_have_the_state_of_their_judgements_after_the_upgrade(empty: Engine) -> None:
    migrate(empty, FIRST)
    fill_all_tables(empty)
    with database.writing(empty) as connection:
        connection.execute(text("DELETE FROM finding_triage WHERE recording_id LIKE '%1'"))
        connection.execute(
            text("UPDATE finding_triage SET severity = 'info' WHERE recording_id LIKE '%2'")
        )
    migrate(empty, NEWEST)
    states = text("SELECT state FROM judged_finding ORDER BY recording_id")
    rates = text("SELECT SUM(dismissed) FROM finding_rate")
    with database.reading(empty) as connection:
        assert connection.scalars(states).all() == ["dismissed", "new", "new"]
        connection.execute(rates)


@pytest.mark.slow
def test_a_ledger_of_the_pipeline_goes_down_and_up_and_works_on(
    empty: Engine, tmp_path: Path
) -> None:
    name, _, raw = processed_day.make_flight("HB-ZAA", 6, 1, duration_s=600)
    processed_day.land_archives(tmp_path / "landing", {f"{name}.zip": {f"{name}.rdf": raw}})
    database.upgrade(empty)
    deps = dependencies(tmp_path, empty)
    run(deps, tmp_path)
    audit_log.record(empty, audit_log.Operator("ada", "cli"), "mute", "1", reason="", at=NOON)
    before = contents(empty)
    assert sum(map(bool, before.values())) > 8
    migrate(empty, FIRST)
    database.upgrade(empty)
    assert contents(empty) == before
    run(deps, tmp_path)
    assert contents(empty)["recording"] == before["recording"]


UPGRADE = (
    "import sys; from dataflow_health.storage.sql import database; "
    "database.upgrade(database.connect(sys.argv[1]))"
)


@pytest.mark.server
def test_processes_that_start_together_upgrade_an_older_schema_once(empty: Engine) -> None:
    migrate(empty, FIRST)
    fill_all_tables(empty)
    before = contents(empty)
    url = empty.url.render_as_string(hide_password=False)
    words = [sys.executable, "-c", UPGRADE, url]
    started = [subprocess.Popen(words, env=os.environ, stderr=subprocess.PIPE) for _ in range(3)]
    ends = [(each.communicate()[1], each.returncode) for each in started]
    assert [code for _, code in ends] == [0, 0, 0], ends
    with database.reading(empty) as connection:
        assert database.revision(connection) == NEWEST
    assert common(empty, before) == before


@pytest.mark.postgres
def test_an_upgrade_that_fails_changes_nothing(postgres_url: str) -> None:
    cleared(postgres_url)
    engine = database.connect(postgres_url)
    migrate(engine, FIRST)
    with database.writing(engine) as connection:
        connection.execute(text("CREATE INDEX ix_audit_log_subject ON audit_log (subject)"))
    declared = schema(engine)
    with pytest.raises(Exception, match="ix_audit_log_subject"):
        database.upgrade(engine)
    assert schema(engine) == declared
    engine.dispose()
