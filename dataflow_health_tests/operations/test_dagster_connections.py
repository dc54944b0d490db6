import importlib
import json
import shutil
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from sqlalchemy import Engine, NullPool, create_engine, event, text

from dataflow_health.operations import dagster_connections, dagster_home
from dataflow_health.operations.dagster_connections import MOST_IDLE, KeptConnection
from dataflow_health_tests.conftest import cleared


@dg.asset
def materialised() -> None:
    """An asset whose run writes some dozen events."""


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Files that SQLite opened, each as often as it was."""
    files: list[str] = []
    connect = sqlite3.connect

    def counted(path: str, **given: object) -> sqlite3.Connection:
        files.append(path)
        return connect(path, **given)

    monkeypatch.setattr(sqlite3, "connect", counted)
    return files


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """An instance on SQLite in a folder."""
    dagster_connections.keep_open(tmp_path)
    shutil.copyfile(dagster_home.shipped_config(), tmp_path / "dagster.yaml")
    with dg.DagsterInstance.from_config(str(tmp_path)) as made:
        yield made


@pytest.mark.server
def test_a_run_opens_each_file_of_dagster_a_few_times(instance: dg.DagsterInstance, opened) -> None:
    """Eighty times before, most of them the file of all events."""
    result = dg.materialize([materialised], instance=instance)
    assert result.success
    ours = [path for path in opened if "/history/" in path or "/schedules/" in path]
    assert f"{result.run_id}.db" in {Path(path).name for path in ours}
    assert len(ours) <= 2 * len(set(ours))
    assert instance.get_latest_materialization_event(materialised.key) is not None


@pytest.fixture
def on_postgres(postgres_url: str, tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """An instance on PostgreSQL, with a schema of its own."""
    pytest.importorskip("dagster_postgres", reason="the extra postgres is not installed")
    dagster_connections.keep_open(tmp_path)
    cleared(postgres_url)
    storage = {"postgres": {"postgres_url": postgres_url}}
    (tmp_path / "dagster.yaml").write_text(json.dumps({"storage": storage}))
    with dg.DagsterInstance.from_config(str(tmp_path)) as made:
        yield made
    for engine in engines_of(made):
        engine.dispose()


def engines_of(instance: dg.DagsterInstance) -> list[Engine]:
    """Of runs, events and schedules."""
    parts: list[Any] = [
        instance.run_storage,
        instance.event_log_storage,
        instance.schedule_storage,
    ]
    return [part._engine for part in parts]


@pytest.mark.server
def test_a_run_connects_to_the_server_of_dagster_once(on_postgres: dg.DagsterInstance) -> None:
    """Forty times before."""
    made: list[object] = []
    [engine] = set(engines_of(on_postgres))
    event.listen(engine, "connect", lambda connection, _record: made.append(connection))
    assert dg.materialize([materialised], instance=on_postgres).success
    assert on_postgres.get_latest_materialization_event(materialised.key) is not None
    assert len(made) <= 2


def test_connections_that_the_server_has_ended_are_made_anew(
    on_postgres: dg.DagsterInstance, postgres_url: str
) -> None:
    assert on_postgres.get_run_records() == []
    with create_engine(postgres_url, poolclass=NullPool).begin() as connection:
        others = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL"
        connection.execute(text(f"SELECT pg_terminate_backend(pid) {others}"))
    assert on_postgres.get_run_records() == []


def test_instances_of_a_process_share_their_connections(
    on_postgres: dg.DagsterInstance, tmp_path: Path
) -> None:
    with dg.DagsterInstance.from_config(str(tmp_path)) as other:
        assert set(engines_of(other)) == set(engines_of(on_postgres))


def test_the_web_server_of_dagster_has_its_own_pool(on_postgres: dg.DagsterInstance) -> None:
    kept = set(engines_of(on_postgres))
    on_postgres.optimize_for_webserver(statement_timeout=5000, pool_recycle=60, max_overflow=3)
    own = engines_of(on_postgres)
    assert kept.isdisjoint(own)
    assert on_postgres.get_run_records() == []
    for engine in {*own, *kept}:
        engine.dispose()


@pytest.mark.server
def test_what_one_process_writes_another_connection_reads(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    run = dg.materialize([materialised], instance=instance).run_id
    with sqlite3.connect(tmp_path / "history" / "runs" / f"{run}.db") as other:
        assert other.execute("SELECT count(*) FROM event_logs").fetchone()[0] > 5


def test_threads_share_no_connection(tmp_path: Path) -> None:
    dagster_connections.keep_open(tmp_path)
    (tmp_path / "history").mkdir()
    engine = dagster_connections._engine(f"sqlite:///{tmp_path}/history/a.db")

    def read(_number: int) -> int:
        with engine.connect() as connection:
            return id(connection.connection.dbapi_connection)

    with ThreadPoolExecutor(4) as pool:
        assert len(list(pool.map(read, range(40)))) == 40
    assert read(0) == read(1)


def test_what_was_not_committed_is_gone_when_the_connection_is_used_again(tmp_path: Path) -> None:
    dagster_connections.keep_open(tmp_path)
    (tmp_path / "history").mkdir()
    engine = dagster_connections._engine(f"sqlite:///{tmp_path}/history/a.db")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE event (id INTEGER)"))
    with engine.connect() as connection:
        connection.execute(text("INSERT INTO event VALUES (1)"))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM event")).scalar_one() == 0


def test_a_thread_keeps_a_few_connections(tmp_path: Path) -> None:
    dagster_connections.keep_open(tmp_path)
    (tmp_path / "history").mkdir()
    for number in range(MOST_IDLE + 3):
        with dagster_connections._engine(f"sqlite:///{tmp_path}/history/{number}.db").connect():
            pass
    idle = dagster_connections._idle()
    assert [Path(each.path).stem for each in idle] == [str(n) for n in range(3, MOST_IDLE + 3)]


@pytest.mark.parametrize("place", ["ledger.sqlite", ".new-1/history/runs.db"])
def test_other_databases_connect_as_ever(tmp_path: Path, place: str) -> None:
    dagster_connections.keep_open(tmp_path)
    path = tmp_path / place
    path.parent.mkdir(parents=True, exist_ok=True)
    with create_engine(f"sqlite:///{path}").connect() as connection:
        assert not isinstance(connection.connection.dbapi_connection, KeptConnection)


@pytest.mark.parametrize("name", dagster_connections.POSTGRES_STORAGES)
def test_dagster_makes_its_engines_for_postgresql_where_they_are_kept(
    name: str, tmp_path: Path
) -> None:
    pytest.importorskip("dagster_postgres", reason="the extra postgres is not installed")
    dagster_connections.keep_open(tmp_path)
    made = vars(importlib.import_module(name))["create_pg_engine"]
    assert made is dagster_connections._postgres_engine


@pytest.mark.parametrize("name", dagster_connections.STORAGES)
def test_dagster_makes_its_engines_where_they_are_kept(name: str, tmp_path: Path) -> None:
    """When this fails after an upgrade of Dagster, all works, and runs take seconds longer."""
    dagster_connections.keep_open(tmp_path)
    assert vars(importlib.import_module(name))["create_engine"] is dagster_connections._engine
