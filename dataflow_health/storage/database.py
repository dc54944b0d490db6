"""Engines for SQLite and PostgreSQL, and the schema brought up to date."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from dataflow_health.errors import DatabaseFault

SQLITE_BUSY_MS = 30_000
CONNECT_S = 5


def connect(url: str) -> Engine:
    """An engine whose connections are ready for concurrent writers.

    Args:
        url: SQLAlchemy URL. ``postgresql://`` is read as psycopg 3.

    Raises:
        DatabaseFault: The URL is no SQLAlchemy URL, or names a database we do not know.
    """
    try:
        parsed = make_url(url)
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() == "sqlite":
            return _sqlite(parsed.database or "", parsed.render_as_string(hide_password=False))
        return create_engine(
            parsed, pool_pre_ping=True, connect_args={"connect_timeout": CONNECT_S}
        )
    except (SQLAlchemyError, ImportError) as error:
        raise DatabaseFault(f"cannot use the database URL: {type(error).__name__}") from None


def _sqlite(path: str, url: str) -> Engine:
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": SQLITE_BUSY_MS / 1000})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: object, _entry: ConnectionPoolEntry) -> None:
    """WAL lets readers go on while one writes; NORMAL is durable in WAL but for power loss."""
    connection.isolation_level = None  # type: ignore[attr-defined]
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for pragma in (f"busy_timeout={SQLITE_BUSY_MS}", "journal_mode=WAL", "synchronous=NORMAL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Takes the write lock at once: a reader that turns writer in mid-transaction cannot wait."""
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def answering(engine: Engine) -> Iterator[None]:
    """Turns a database that does not answer into a :class:`DatabaseFault` without secrets."""
    try:
        yield
    except OperationalError as error:
        place = engine.url.render_as_string(hide_password=True)
        raise DatabaseFault(f"{place}: {str(error.orig).strip().splitlines()[0]}") from error
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        place = engine.url.render_as_string(hide_password=True)
        raise DatabaseFault(f"{place}: connection lost") from error


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that only reads, and so never waits for a writer."""
    with answering(engine), engine.connect() as connection:
        yield connection.execution_options(isolation_level="AUTOCOMMIT")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction, committed at the end or not at all."""
    with answering(engine), engine.begin() as connection:
        yield connection


@functools.cache
def _migrations() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def upgrade(engine: Engine) -> None:
    """Brings the schema to this code's revision; does nothing when it is there.

    Raises:
        DatabaseFault: The database does not answer, or its schema is newer than this code.
    """
    script = ScriptDirectory.from_config(_migrations())
    with writing(engine) as connection:
        current = MigrationContext.configure(connection).get_current_revision()
        if current == script.get_current_head():
            return
        if current is not None and current not in {r.revision for r in script.walk_revisions()}:
            raise DatabaseFault(
                f"the schema is at revision {current}, newer than this code's "
                f"{script.get_current_head()}: upgrade dataflow-health"
            )
        _migrations().attributes["connection"] = connection
        command.upgrade(_migrations(), "head")
