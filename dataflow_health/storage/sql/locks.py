"""One at a time under a name, across processes, freed by whoever dies.

SQLite is one machine's: a locked file beside the database, which the system frees with its process.
PostgreSQL keeps an advisory lock as long as the connection lives. Neither needs a time limit, so a
slow holder never loses its turn and a dead one never keeps it.
"""

import fcntl
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loguru import logger
from sqlalchemy import Engine, func, select

from dataflow_health.storage.sql.database import answering, reading

FOLDER = "locks"


def turn(stage: str, day: str) -> str:
    """The name under which a stage works on an arrival day."""
    return f"{stage}/{day}"


@contextmanager
def held(engine: Engine, name: str) -> Iterator[None]:
    """Waits for its turn, then goes on alone.

    Args:
        engine: Whose database the name belongs to.
        name: As :func:`turn` makes it.

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


def is_held(engine: Engine, name: str) -> bool:
    """Whether somebody alive goes on under a name; if not, what runs there was left over."""
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
    with answering(engine), engine.connect() as connection:
        holding = connection.execution_options(isolation_level="AUTOCOMMIT")
        if not holding.scalar(select(func.pg_try_advisory_lock(key))):
            logger.info("{}: waits for another run", name)
            holding.execute(select(func.pg_advisory_lock(key)))
        try:
            yield
        finally:
            holding.execute(select(func.pg_advisory_unlock(key)))


@contextmanager
def _file(folder: Path, name: str) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _file_name(name)).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            logger.info("{}: waits for another run", name)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
