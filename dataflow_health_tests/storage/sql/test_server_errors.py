from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from dataflow_health.errors import DatabaseError
from dataflow_health.storage.sql import database, downgrade, server_errors
from dataflow_health_tests.ledgers import open_ledger


def of(error: Exception) -> str | None:
    return server_errors.reason(DBAPIError.instance("SELECT 1", {}, error, psycopg.Error))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (psycopg.errors.QueryCanceled("timeout"), "DATAFLOW_HEALTH_DATABASE_STATEMENT_S"),
        (psycopg.errors.LockNotAvailable("lock"), "DATAFLOW_HEALTH_DATABASE_LOCK_S"),
        (psycopg.errors.DiskFull("no space"), "free space"),
        (psycopg.errors.AdminShutdown("terminating"), "shut down"),
        (psycopg.errors.UndefinedTable("no x"), "do not exist yet"),
        (psycopg.errors.UndefinedColumn("no column x"), "dataflow-health ledger brings it up"),
        (psycopg.OperationalError("sorry, too many clients already"), "max_connections"),
        (psycopg.OperationalError("the database system is starting up"), "is starting"),
        (psycopg.OperationalError("password=s3cret refused\nmore"), "refused"),
        (psycopg.OperationalError(""), "OperationalError"),
    ],
)
def test_a_reason_says_what_happened_and_what_to_do(error: Exception, words: str) -> None:
    assert words in (of(error) or "")
    assert "s3cret" not in (of(error) or "")


def test_a_mistake_in_a_statement_is_no_reason() -> None:
    assert of(psycopg.errors.SyntaxError("syntax")) is None
    assert server_errors.reason(IntegrityError("INSERT", {}, Exception("twice"))) is None


def test_a_schema_of_an_older_version_is_an_error_with_the_command(engine: Engine) -> None:
    downgrade.run(engine, "0001")
    with (
        pytest.raises(DatabaseError, match=r"dataflow-health ledger brings it up to date .*state"),
        database.reading(engine) as connection,
    ):
        connection.execute(text("SELECT state FROM finding"))


def test_a_lost_connection_is_a_reason_whatever_its_error() -> None:
    lost = DBAPIError("SELECT 1", {}, psycopg.InterfaceError("closed"), connection_invalidated=True)
    assert server_errors.reason(lost) == "connection lost (closed)"


def test_an_error_of_sqlite_is_its_own_reason() -> None:
    locked = OperationalError("BEGIN", {}, Exception("database is locked"))
    assert server_errors.reason(locked) == "database is locked"


def test_two_transactions_that_wait_for_each_other_are_an_error_that_says_so(
    postgres_url: str,
) -> None:
    engine = open_ledger(postgres_url)
    both = Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        orders = [(1, 2), (2, 1)]
        running = [pool.submit(in_order, engine, *order, both) for order in orders]
        ends = [each.exception(timeout=60) for each in running]
    failed = [each for each in ends if each is not None]
    assert len(failed) == 1
    assert isinstance(failed[0], DatabaseError)
    assert "waited for each other" in str(failed[0])
    engine.dispose()


def in_order(engine: Engine, first: int, second: int, both: Barrier) -> None:
    take = text("SELECT pg_advisory_xact_lock(:key)")
    with database.writing(engine) as connection:
        connection.execute(take, {"key": first})
        both.wait(timeout=60)
        connection.execute(take, {"key": second})
