from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from dataflow_health_tests.conftest import cleared
from dataflow_health_tests.monitoring.collectors.asking import assessed, described
from dataflow_health_tests.monitoring.probes.probing import NOW, make_database

SCHEMA = (
    "CREATE TABLE aircraft (tail TEXT PRIMARY KEY, model TEXT NOT NULL)",
    "CREATE TABLE flight (id INTEGER PRIMARY KEY, landed_at TIMESTAMP,"
    " tail TEXT REFERENCES aircraft (tail))",
    "CREATE VIEW newest AS SELECT max(landed_at) AS at FROM flight",
)


@pytest.fixture
def url(database_url: str) -> str:
    """A database with two tables and a view, which have no rows yet."""
    change(database_url, *SCHEMA)
    return database_url


def change(url: str, *statements: str) -> None:
    """Runs statements in a database."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        for each in statements:
            connection.execute(text(each))
    engine.dispose()


def landed(url: str, age: timedelta) -> None:
    """A flight that landed this long before NOW."""
    at = f"{NOW - age:%Y-%m-%d %H:%M:%S}"
    change(url, f"INSERT INTO flight (id, landed_at) VALUES (1, '{at}')")


def test_tables_columns_and_the_newest_row_are_judged(url: str) -> None:
    declared = {"columns": ["id", "tail"], "newest": "landed_at", "at_most": "PT1H"}
    check = {"kind": "database_tables", "url": url, "tables": {"flight": declared, "newest": {}}}
    empty = assessed(check)
    assert (empty.outcome, empty.detail) == ("unknown", "no row yet in tables (1: flight)")
    landed(url, timedelta(minutes=5))
    well = assessed(check)
    assert (well.outcome, well.detail) == ("passed", "tables as declared (2)")
    late = assessed(check, now=NOW + timedelta(hours=3))
    assert late.detail == "age of the newest row of flight (3 h 5 min) <= 1 h"
    other = {"flight": {"columns": ["pilot"]}, "crew": {}}
    missing = assessed(check | {"tables": other})
    assert missing.outcome == "failed"
    assert missing.detail == "flight has no column (1: pilot); no table crew"


def test_tables_columns_and_foreign_keys_are_described(url: str) -> None:
    change(url, "INSERT INTO aircraft VALUES ('HB-ZAA', 'AW139')", "ANALYZE")
    found = described({"kind": "database_tables", "url": url})
    is_postgres = url.startswith("postgresql")
    schema = "public." if is_postgres else ""
    tables = {each.name: each for each in found.tables}
    assert set(tables) == {f"{schema}{name}" for name in ("aircraft", "flight", "newest")}
    assert tables[f"{schema}newest"].kind == "view"
    [tail] = [each for each in tables[f"{schema}flight"].columns if each.name == "tail"]
    assert tail.refers_to == f"{schema}aircraft.tail"
    aircraft = tables[f"{schema}aircraft"]
    assert [(each.name, each.type, each.is_nullable) for each in aircraft.columns][1] == (
        "model", "TEXT", False,
    )  # fmt: skip
    assert aircraft.rows_estimate == (1 if is_postgres else None)
    assert bool(aircraft.size_bytes) == is_postgres
    [first] = [a for a, b in found.arrows if b.endswith("flight/tail")]
    assert first.startswith("field:")
    assert first.endswith(f"{schema}aircraft/tail")
    assert any(a.endswith("flight/tail") and b.startswith("dataset:") for a, b in found.arrows)


def test_a_database_that_is_gone_fails_without_its_password(tmp_path: Path) -> None:
    missing = {"kind": "database_tables", "url": f"sqlite:///{tmp_path}/none.sqlite"}
    assert assessed(missing).detail.startswith("database: FileNotFoundError: no database file")
    away = {"kind": "database_tables", "url_from": "FLEET_DATABASE"}
    url = "postgresql://ground:hunter2222@127.0.0.1:1/fleet"
    found = assessed(away, {"FLEET_DATABASE": url})
    assert found.outcome == "failed"
    assert "hunter2222" not in found.detail
    assert assessed(away).outcome == "unknown"
    wrong = assessed(away, {"FLEET_DATABASE": "no url:hunter2222@"})
    assert wrong.detail == "database: FLEET_DATABASE is no URL of SQLAlchemy"


def test_the_address_may_stand_in_a_secret_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text(make_database(tmp_path / "a.sqlite") + "\n")
    check = {"kind": "database_tables", "url_from": "FLEET_DATABASE"}
    found = assessed(check, {"FLEET_DATABASE_FILE": str(tmp_path / "url")})
    assert (found.outcome, found.detail) == ("passed", "tables as declared (1)")
    gone = assessed(check, {"FLEET_DATABASE_FILE": str(tmp_path / "none")})
    assert gone.outcome == "unknown"
    assert "cannot be read: No such file" in gone.detail


@pytest.mark.postgres
def test_only_some_tables_of_a_large_schema_are_listed(postgres_url: str) -> None:
    cleared(postgres_url)
    change(postgres_url, *(f"CREATE TABLE t{number:03} (n INTEGER)" for number in range(501)))
    found = described({"kind": "database_tables", "url": postgres_url, "schemas": ["public"]})
    assert len(found.tables) == 500
    assert found.left_out == ("tables: 1 of 501",)
