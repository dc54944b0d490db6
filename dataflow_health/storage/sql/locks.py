"""Named locks across processes, which end with the process that has them.

With SQLite a lock is a locked file beside the database, which the operating system unlocks when
its process ends. With PostgreSQL it is an advisory lock, which lasts as long as its connection.
Neither needs a time limit: a slow process keeps its lock and a dead one loses it.
"""

import fcntl
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loguru import logger
from sqlalchemy import Engine, func, select

from dataflow_health.storage.sql.database import reading, translate_errors

FOLDER = "locks"


def stage_lock(stage: str, day: str) -> str:
    """Name of the lock of a stage on an arrival day."""
    return f"{stage}/{day}"


@contextmanager
def acquire(engine: Engine, name: str) -> Iterator[None]:
    """Waits for the lock, and releases it at the end of the block.

    Args:
        engine: Database that the lock belongs to.
        name: Name of the lock, as from :func:`stage_lock`.

    Raises:
        DatabaseError: The database does not answer.
    """
    if engine.dialect.name == "postgresql":
        with _advisory(engine, name):
            yield
    elif engine.url.database in (None, "", ":memory:"):
        yield
    else:
        with _file(Path(str(engine.url.database)).parent / FOLDER, name):
            yield


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
    path = Path(str(engine.url.database)).parent / FOLDER / _file_name(name)
    if not path.exists():
        return False
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)


def _file_name(name: str) -> str:
    return re.sub(r"[^\w.-]", "_", name)


@contextmanager
def _advisory(engine: Engine, name: str) -> Iterator[None]:
    key = _key(name)
    with translate_errors(engine), engine.connect() as connection:
        session = connection.execution_options(isolation_level="AUTOCOMMIT")
        if not session.scalar(select(func.pg_try_advisory_lock(key))):
            logger.info("{}: waiting for another run to finish", name)
            session.execute(select(func.pg_advisory_lock(key)))
        try:
            yield
        finally:
            session.execute(select(func.pg_advisory_unlock(key)))


@contextmanager
def _file(folder: Path, name: str) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _file_name(name)).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            logger.info("{}: waiting for another run to finish", name)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
