"""Engines for SQLite and PostgreSQL, and the schema brought up to date."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from sqlalchemy import (
    Connection,
    Engine,
    String,
    column,
    create_engine,
    event,
    func,
    inspect,
    make_url,
    select,
    table,
)
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from dataflow_health.errors import DatabaseError

if TYPE_CHECKING:
    from alembic.config import Config

SQLITE_BUSY_MS = 30_000
CONNECT_S = 5
UNDEFINED_TABLE = "42P01"
"""SQLSTATE (PostgreSQL, appendix A) of a table that is not there."""
MIGRATING = 0x0DF4EA17
"""Any number: the advisory lock under which PostgreSQL lets one process at a time migrate."""
MIGRATIONS = Path(__file__).parent / "migrations"


def connect(url: str) -> Engine:
    """An engine whose connections are ready for concurrent writers.

    Args:
        url: SQLAlchemy URL. ``postgresql://`` is read as psycopg 3.

    Raises:
        DatabaseError: The URL is no SQLAlchemy URL, or names a database we do not know.
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
        raise DatabaseError(f"cannot use the database URL: {type(error).__name__}") from None


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
    """Turns a database that does not answer into a :class:`DatabaseError` without secrets."""
    try:
        yield
    except OperationalError as error:
        place = engine.url.render_as_string(hide_password=True)
        raise DatabaseError(f"{place}: {str(error.orig).strip().splitlines()[0]}") from error
    except DBAPIError as error:
        place = engine.url.render_as_string(hide_password=True)
        if getattr(error.orig, "sqlstate", None) == UNDEFINED_TABLE:
            raise DatabaseError(f"{place}: its tables are not made yet") from error
        if not error.connection_invalidated:
            raise
        raise DatabaseError(f"{place}: connection lost") from error


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that only reads, and so never waits for a writer."""
    with answering(engine), engine.connect() as connection:
        yield connection.execution_options(isolation_level="AUTOCOMMIT")


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection whose queries all see one moment, though writers go on meanwhile."""
    with answering(engine), engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            reader = connection.execution_options(isolation_level="AUTOCOMMIT")
            reader.exec_driver_sql("BEGIN")
            try:
                yield reader
            finally:
                reader.exec_driver_sql("ROLLBACK")
        else:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction, committed at the end or not at all."""
    with answering(engine), engine.begin() as connection:
        yield connection


def revision(connection: Connection) -> str | None:
    """The schema's revision, None for a database without one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    statement = select(column("version_num", String)).select_from(table("alembic_version"))
    found: str | None = connection.execute(statement).scalar()
    return found


def upgrade(engine: Engine) -> None:
    """Brings the schema to this code's revision; does nothing when it is there.

    Raises:
        DatabaseError: The database does not answer, or its schema is newer than this code.
    """
    known = sorted(path.name.partition("_")[0] for path in MIGRATIONS.glob("versions/[0-9]*.py"))
    with reading(engine) as connection:
        if revision(connection) == known[-1]:
            return
    with _ALONE, writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(MIGRATING)))
        current = revision(connection)
        if current == known[-1]:
            return
        if current is not None and current not in known:
            raise DatabaseError(
                f"the schema is at revision {current}, newer than this code's "
                f"{known[-1]}: upgrade dataflow-health"
            )
        _migrate(connection)


_ALONE = Lock()
"""Alembic keeps its context in globals: two threads that migrate at once lose it, and hang."""


def _migrate(connection: Connection) -> None:
    """Imports Alembic only when there is something to do: most commands start without it."""
    from alembic import command

    command.upgrade(migration_config(connection), "head")


def migration_config(connection: Connection) -> "Config":
    """Alembic's configuration for running the migrations on an open transaction."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
