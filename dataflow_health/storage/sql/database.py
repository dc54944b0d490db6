"""Engines and transactions for SQLite and PostgreSQL, and the migration of the schema."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
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
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from dataflow_health import masking
from dataflow_health.errors import DatabaseError
from dataflow_health.storage.sql import server_errors, server_limits
from dataflow_health.storage.sql.server_limits import ServerLimits

if TYPE_CHECKING:
    from alembic.config import Config

SQLITE_BUSY_MS = 30_000
WAL_RETRY_S = 0.02
MIGRATION_LOCK_KEY = 0x0DF4EA17
"""Advisory lock of the migrations; any fixed number. One process at a time migrates."""
MIGRATIONS = Path(__file__).parent / "migrations"


def connect(url: str, limits: ServerLimits = ServerLimits()) -> Engine:  # noqa: B008  (immutable)
    """An engine set up for concurrent readers and writers.

    Args:
        url: SQLAlchemy URL; ``postgresql://`` means psycopg 3.
        limits: Limits of its connections to a server.

    Raises:
        DatabaseError: The URL is not a SQLAlchemy URL, or its database is not supported.
    """
    try:
        parsed = make_url(url)
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() == "sqlite":
            return _sqlite(parsed.database or "", parsed.render_as_string(hide_password=False))
        return create_engine(parsed, **server_limits.engine_arguments(parsed, limits))
    except (SQLAlchemyError, ImportError) as error:
        raise DatabaseError(f"cannot use the database URL: {type(error).__name__}") from None


def _sqlite(path: str, url: str) -> Engine:
    if path and path != ":memory:":
        Path(path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": SQLITE_BUSY_MS / 1000})
    if path and not path.startswith((":", "file:")):
        file = _SameFile(Path(path).absolute())
        event.listen(engine, "do_connect", file.require)
        event.listen(engine, "connect", file.note)
        event.listen(engine, "checkout", file.require)
        event.listen(engine, "do_connect", partial(_create_private, path))
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


class _SameFile:
    """Refuses a file that has another's name now: what this process has read is not in it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: tuple[int, int] | None = None

    def note(self, *_: object) -> None:
        """Keeps which file the first connection opened."""
        self._known = self._known or _identity(self._path)

    def require(self, *_: object) -> None:
        """Returns when the file is the one that is known, or none is known yet.

        Raises:
            DatabaseError: The file was removed or replaced while it was open.
        """
        if self._known not in (None, _identity(self._path)):
            raise DatabaseError(
                f"sqlite:///{self._path}: the file was removed or replaced while it was open. Put "
                "it back, or restart what uses it: dataflow-health service restart"
            )


def _identity(path: Path) -> tuple[int, int] | None:
    """Device and inode of a file; None when it is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _create_private(path: str, *_: object) -> None:
    """Creates a database file that only its owner may read; SQLite's other files inherit that.

    What is wrong with the path is left to SQLite, whose error names it.
    """
    if not Path(path).exists():
        with suppress(OSError):
            Path(path).touch(mode=0o600)


def _prepare_sqlite(connection: object, _entry: ConnectionPoolEntry) -> None:
    """In WAL mode readers do not wait for a writer; NORMAL loses commits only on power loss."""
    connection.isolation_level = None  # type: ignore[attr-defined]
    cursor: sqlite3.Cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute(f"PRAGMA busy_timeout={SQLITE_BUSY_MS}")
    _switch_to_wal(cursor)
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()


def _switch_to_wal(cursor: sqlite3.Cursor) -> None:
    """Switches a new database to WAL mode.

    SQLite does not wait when another connection writes the first table meanwhile, as when several
    processes start at once: it says at once that the database is locked.
    """
    until_s = time.monotonic() + SQLITE_BUSY_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() >= until_s:
                raise
            time.sleep(WAL_RETRY_S)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    """Takes the write lock at once: SQLite cannot wait for it later in a transaction."""
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def shown_url(engine: Engine) -> str:
    """URL of a database without its password, also when that stands in the query."""
    return masking.mask_url(engine.url.render_as_string(hide_password=False))


@contextmanager
def translate_errors(engine: Engine) -> Iterator[None]:
    """Turns errors of a database that does not answer into DatabaseError, without its password."""
    try:
        yield
    except DBAPIError as error:
        reason = server_errors.reason(error)
        if reason is None:
            raise
        raise DatabaseError(f"{shown_url(engine)}: {reason}") from error
    except PoolTimeout as error:
        raise DatabaseError(
            f"{shown_url(engine)}: all connections of this process were in use for "
            f"{server_limits.POOL_WAIT_S} s: raise DATAFLOW_HEALTH_DATABASE_CONNECTIONS"
        ) from error


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection for reading, which never waits for a writer.

    Raises:
        DatabaseError: The database does not answer.
    """
    with translate_errors(engine), engine.connect() as connection:
        yield connection.execution_options(isolation_level="AUTOCOMMIT")


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection for reading whose queries all see the same state of the database.

    Raises:
        DatabaseError: The database does not answer.
    """
    with translate_errors(engine), engine.connect() as connection:
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
    """A transaction, committed at the end of the block and rolled back on an error.

    Raises:
        DatabaseError: The database does not answer.
    """
    with translate_errors(engine), engine.begin() as connection:
        yield connection


def require_unlocked(engine: Engine, within_s: float) -> None:
    """Returns when a transaction that writes can begin.

    One writer locks the whole of an SQLite database; PostgreSQL locks rows.

    Args:
        engine: The database.
        within_s: Longest time to wait for the writer.

    Raises:
        DatabaseError: It is locked for longer, or does not answer.
    """
    if engine.dialect.name != "sqlite":
        return
    with reading(engine) as connection:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {within_s * 1000:.0f}")
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            connection.exec_driver_sql("ROLLBACK")
        finally:
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {SQLITE_BUSY_MS}")


def revision(connection: Connection) -> str | None:
    """Revision of the schema; None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    statement = select(column("version_num", String)).select_from(table("alembic_version"))
    found: str | None = connection.execute(statement).scalar()
    return found


def upgrade(engine: Engine) -> None:
    """Migrates the schema to this code's revision, if it is older.

    Raises:
        DatabaseError: The database does not answer, or its schema is newer than this code.
    """
    newest = known_revisions()[-1]
    with reading(engine) as connection:
        if revision(connection) == newest:
            return
    with MIGRATION_LOCK, writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            server_limits.lift(connection)
            connection.execute(select(func.pg_advisory_xact_lock(MIGRATION_LOCK_KEY)))
        current = revision(connection)
        if current == newest:
            return
        require_known(engine, current)
        _migrate(connection)


def known_revisions() -> list[str]:
    """Revisions of the schema that this code has, oldest first."""
    return sorted(path.name.partition("_")[0] for path in MIGRATIONS.glob("versions/[0-9]*.py"))


def require_known(engine: Engine, found: str | None) -> None:
    """Refuses a schema of a version of this program that came later; an older one is migrated.

    Args:
        engine: The database.
        found: Revision of its schema; None for an empty database.

    Raises:
        DatabaseError: This code does not know the revision.
    """
    known = known_revisions()
    if found is not None and found not in known:
        raise DatabaseError(
            f"{shown_url(engine)}: the schema has revision {found}, newer than this code's "
            f"{known[-1]}; nothing was changed: upgrade dataflow-health, or restore the backup "
            "that was made before the newer version"
        )


MIGRATION_LOCK = Lock()
"""Alembic keeps its context in globals: two threads that migrate at once would hang."""


def _migrate(connection: Connection) -> None:
    """Imports Alembic only when it is needed: most commands start without it."""
    from alembic import command

    command.upgrade(migration_config(connection), "head")


def migration_config(connection: Connection) -> "Config":
    """Alembic's configuration for running the migrations on an open transaction."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
