"""Named locks across processes, which end with the process that has them.

With SQLite a lock is a locked file beside the database, which the operating system unlocks when
its process ends. With PostgreSQL it is an advisory lock, which lasts as long as its connection.
Neither needs a time limit: a slow process keeps its lock and a dead one loses it.
"""

import fcntl
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from loguru import logger
from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy.exc import DBAPIError

from dataflow_health.storage.sql.database import reading, translate_errors

FOLDER = "locks"


def stage_lock(stage: str, day: str) -> str:
    """Name of the lock of a stage on an arrival day."""
    return f"{stage}/{day}"


def run_lock(run_id: str) -> str:
    """Name of the lock that every process of a run shares until it ends."""
    return f"run/{run_id}"


def is_locked(engine: Engine, name: str) -> bool:
    """Whether a live process has the lock.

    Raises:
        DatabaseError: The database does not answer.
    """
    if engine.dialect.name == "postgresql":
        with reading(engine) as connection:
            free = connection.scalar(select(func.pg_try_advisory_lock(_key(name))))
            if free:
                connection.execute(select(func.pg_advisory_unlock(_key(name))))
            return not free
    path = _path(engine, name)
    if not path.exists():
        return False
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def remove_free_run_locks(engine: Engine, older_than: datetime) -> None:
    """Removes the lock files of runs that ended long ago; a server has no lock files.

    Args:
        engine: Database that the locks belong to.
        older_than: Files that were opened later stay: their run may still begin another process.
    """
    if engine.dialect.name == "postgresql" or _is_in_memory(engine):
        return
    for path in _path(engine, run_lock("")).parent.glob("run_*"):
        with suppress(OSError), path.open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.stat().st_mtime < older_than.timestamp():
                path.unlink()


def _is_in_memory(engine: Engine) -> bool:
    """Whether the database is SQLite in memory, which no other process can open."""
    return engine.url.database in (None, "", ":memory:")


def _key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)


def _path(engine: Engine, name: str) -> Path:
    """File of a lock, in a folder beside the SQLite database."""
    folder = Path(str(engine.url.database)).parent / FOLDER
    return folder / re.sub(r"[^\w.-]", "_", name)


@contextmanager
def acquire(engine: Engine, name: str, *, shared: bool = False) -> Iterator[None]:
    """Waits for the lock, and releases it at the end of the block.

    Args:
        engine: Database that the lock belongs to.
        name: Name of the lock, as from :func:`stage_lock` and :func:`run_lock`.
        shared: Whether other processes may share the lock.

    Raises:
        DatabaseError: The database does not answer.
    """
    if engine.dialect.name == "postgresql":
        with _advisory(engine, name, "_shared" if shared else ""):
            yield
    elif _is_in_memory(engine):
        yield
    else:
        with _file(_path(engine, name), name, fcntl.LOCK_SH if shared else fcntl.LOCK_EX):
            yield


@contextmanager
def _advisory(engine: Engine, name: str, suffix: str) -> Iterator[None]:
    """A lock of PostgreSQL, by the functions whose names end with the suffix."""
    key = _key(name)
    with translate_errors(engine), engine.connect() as connection:
        session = connection.execution_options(isolation_level="AUTOCOMMIT")
        if not session.scalar(select(getattr(func, f"pg_try_advisory_lock{suffix}")(key))):
            logger.info("{}: waiting for another run to finish", name)
            with _without_limits(session):
                session.execute(select(getattr(func, f"pg_advisory_lock{suffix}")(key)))
        try:
            yield
        finally:
            session.execute(select(getattr(func, f"pg_advisory_unlock{suffix}")(key)))


@contextmanager
def _without_limits(session: Connection) -> Iterator[None]:
    """Statements that may wait as long as another run works: for hours, if need be.

    The session has its limits again afterwards, unless it is lost: it stays in the pool.
    """
    session.execute(text("SET statement_timeout = 0; SET lock_timeout = 0"))
    try:
        yield
    finally:
        with suppress(DBAPIError):
            session.execute(text("RESET statement_timeout; RESET lock_timeout"))


@contextmanager
def _file(path: Path, name: str, operation: int) -> Iterator[None]:
    """A lock of a file; ``operation`` is that of :func:`fcntl.flock`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, operation | fcntl.LOCK_NB)
        except BlockingIOError:
            logger.info("{}: waiting for another run to finish", name)
            fcntl.flock(file, operation)
        yield
