from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, make_url, text

from dataflow_health.errors import DatabaseError
from dataflow_health.settings import Settings
from dataflow_health.storage.sql import database, locks, server_limits
from dataflow_health.storage.sql.server_limits import ServerLimits
from dataflow_health_tests.waiting import wait_until

TIGHT = ServerLimits(connections=6, statement_s=0.3, lock_s=0.2, idle_s=0.3)


@pytest.fixture
def server(postgres_url: str) -> Iterator[Engine]:
    """Connections with limits that are reached at once."""
    engine = database.connect(postgres_url, TIGHT)
    yield engine
    engine.dispose()


@pytest.fixture
def patient(postgres_url: str) -> Iterator[Engine]:
    """Connections with the default limits."""
    engine = database.connect(postgres_url)
    yield engine
    engine.dispose()


def setting(engine: Engine, name: str) -> str:
    with database.reading(engine) as connection:
        return str(connection.execute(text(f"SHOW {name}")).scalar_one())


def test_settings_choose_the_limits() -> None:
    chosen = Settings(database_connections=20, database_statement_s=1, database_lock_s=0)
    assert server_limits.from_settings(chosen) == ServerLimits(20, 1, 0, 600)


def test_a_session_has_the_limits_and_a_name(server: Engine) -> None:
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    assert [setting(server, name) for name in names] == ["300ms", "200ms", "300ms"]
    assert "dataflow-health" in setting(server, "application_name")


def test_options_and_name_of_the_url_come_first(postgres_url: str) -> None:
    url = make_url(postgres_url).update_query_dict(
        {"options": "-c statement_timeout=7000 -c search_path=x", "application_name": "board"}
    )
    engine = database.connect(url.render_as_string(hide_password=False), TIGHT)
    assert setting(engine, "statement_timeout") == "7s"
    assert setting(engine, "search_path") == "x"
    assert setting(engine, "application_name") == "board"
    engine.dispose()


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["/usr/bin/dataflow-health", "api", "--port", "1"], "dataflow-health api 7"),
        (["/usr/bin/dagster", "--help"], "dataflow-health: dagster 7"),
        (["-c"], "dataflow-health: python 7"),
        ([], "dataflow-health: python 7"),
        (["/x/ö"], "dataflow-health: python 7"),
        (["x" * 99], "dataflow-health: " + "x" * 44 + " 7"),
    ],
)
def test_a_process_is_named_by_its_program_command_and_id(words: list[str], name: str) -> None:
    assert server_limits.program_name(words, 7) == name


def test_a_statement_that_takes_too_long_is_an_error_with_the_setting(server: Engine) -> None:
    with (
        pytest.raises(DatabaseError, match="DATAFLOW_HEALTH_DATABASE_STATEMENT_S"),
        database.reading(server) as connection,
    ):
        connection.execute(text("SELECT pg_sleep(60)"))


def test_maintenance_takes_as_long_as_it_takes(server: Engine) -> None:
    with database.writing(server) as connection:
        server_limits.lift(connection)
        connection.execute(text("SELECT pg_sleep(0.4)"))
    assert setting(server, "statement_timeout") == "300ms"


def test_a_lock_that_another_transaction_holds_is_an_error_with_the_setting(
    server: Engine, patient: Engine
) -> None:
    take = text("SELECT pg_advisory_xact_lock(4711)")
    with database.writing(patient) as holder:
        holder.execute(take)
        with (
            pytest.raises(DatabaseError, match="DATAFLOW_HEALTH_DATABASE_LOCK_S"),
            database.writing(server) as connection,
        ):
            connection.execute(take)


def test_a_transaction_that_pauses_too_long_is_an_error_with_the_setting(server: Engine) -> None:
    with pytest.raises(DatabaseError, match="DATAFLOW_HEALTH_DATABASE_IDLE_S"):
        pause_in_a_transaction(server)
    with database.reading(server) as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1


def pause_in_a_transaction(engine: Engine) -> None:
    with database.writing(engine) as connection:
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        wait_until(lambda: not has_session(engine, pid))
        connection.execute(text("SELECT 1"))


def has_session(engine: Engine, pid: int) -> bool:
    found = text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid")
    with database.reading(engine) as connection:
        return bool(connection.execute(found, {"pid": pid}).scalar())


def test_waiting_for_another_run_has_no_limit(server: Engine, patient: Engine) -> None:
    with ThreadPoolExecutor(1) as pool:
        with locks.acquire(patient, "parse/2026-11-20"):
            waiting = pool.submit(take_and_read_limits, server)
            wait_until(lambda: is_waiting(patient))
            with database.reading(patient) as connection:
                connection.execute(text("SELECT pg_sleep(0.6)"))
            assert not waiting.done()
        assert waiting.result(timeout=60) == ["300ms", "200ms"]


def take_and_read_limits(engine: Engine) -> list[str]:
    with locks.acquire(engine, "parse/2026-11-20"):
        pass
    return [setting(engine, "statement_timeout"), setting(engine, "lock_timeout")]


def is_waiting(engine: Engine) -> bool:
    found = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    with database.reading(engine) as connection:
        return bool(connection.execute(found).scalar())


def test_more_connections_than_the_limit_are_not_opened(
    server: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.pool, "_timeout", 0.05)
    held = [server.connect() for _ in range(TIGHT.connections)]
    with pytest.raises(DatabaseError, match="DATAFLOW_HEALTH_DATABASE_CONNECTIONS"):
        setting(server, "search_path")
    for connection in held:
        connection.close()
    assert setting(server, "search_path")


def test_a_connection_that_the_server_ended_is_replaced(server: Engine, patient: Engine) -> None:
    with database.reading(server) as connection:
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with database.reading(patient) as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    wait_until(lambda: not has_session(patient, pid))
    assert setting(server, "application_name")
