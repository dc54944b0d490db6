"""Keeps engines of SQLAlchemy for Dagster's storage, and connections to it.

Dagster makes an engine and a connection for everything that it reads or writes, about three
thousand in a run of all algorithms. Each engine compiles its statements anew. On SQLite, the close
of the last connection copies the log into the file and waits for the disk; on PostgreSQL, each
connection starts a process of the server. Only the web server of Dagster keeps one by itself.
"""

import functools
import importlib
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import local
from typing import Any

from sqlalchemy import Engine, NullPool, QueuePool, create_engine, event

STORAGES = tuple(
    f"dagster._core.storage.{name}"
    for name in (
        "event_log.sqlite.sqlite_event_log",
        "runs.sqlite.sqlite_run_storage",
        "schedules.sqlite.sqlite_schedule_storage",
    )
)
"""Modules of Dagster that make engines; it has no setting for them. In a version that makes them
elsewhere, everything works, and takes longer."""
POSTGRES_STORAGES = tuple(
    f"dagster_postgres.{name}"
    for name in (
        "event_log.event_log",
        "run_storage.run_storage",
        "schedule_storage.schedule_storage",
    )
)
"""As :data:`STORAGES`, on PostgreSQL."""
MOST_ENGINES = 16
MOST_IDLE = 4
"""Connections that one thread keeps: Dagster has a file for runs, one for what is common to their
events, and one for the events of each run."""
MOST_IDLE_ON_SERVER = 2
"""Connections to PostgreSQL that a process keeps; more at once are closed after their use."""
RECYCLE_S = 3600
"""Age at which a connection to PostgreSQL is made anew."""

_KEPT = local()


class KeptConnection(sqlite3.Connection):
    """A connection that its thread uses again after its close."""

    path: str

    def close(self) -> None:
        """Keeps the connection, and ends the one that was used longest ago if there are many."""
        self.rollback()
        idle = _idle()
        idle.append(self)
        if len(idle) > MOST_IDLE:
            super(KeptConnection, idle.pop(0)).close()


def _idle() -> list[KeptConnection]:
    if not hasattr(_KEPT, "idle"):
        _KEPT.idle = []
    idle: list[KeptConnection] = _KEPT.idle
    return idle


def keep_open(dagster_home: Path) -> None:
    """Has Dagster keep engines, and this process connections to the SQLite files of an instance.

    Their last events may be missing after a power loss, not after the end of a process; the ledger,
    which has the state of the work, is elsewhere.

    Args:
        dagster_home: Folder of the instance.
    """
    _FOLDERS.update(f"{dagster_home.resolve()}/{name}/" for name in ("history", "schedules"))
    if not event.contains(Engine, "do_connect", _connect):
        event.listen(Engine, "do_connect", _connect)
        _replace(STORAGES, "create_engine", _engine)
        _replace(POSTGRES_STORAGES, "create_pg_engine", _postgres_engine)


def _replace(modules: Sequence[str], name: str, function: Callable[..., Engine]) -> None:
    """Puts a function in the place of what modules have by a name; without it they stay."""
    for each in modules:
        with suppress(ImportError):
            module = importlib.import_module(each)
            if hasattr(module, name):
                vars(module)[name] = function


_FOLDERS: set[str] = set()


def _engine(url: str, *, connect_args: Mapping[str, object] | None = None, **_: object) -> Engine:
    """The engine of a file, in place of SQLAlchemy's function that makes a new one."""
    return _kept_engine(url, tuple((connect_args or {}).items()))


@functools.lru_cache(maxsize=MOST_ENGINES)
def _kept_engine(url: str, given: tuple[tuple[str, object], ...]) -> Engine:
    return create_engine(url, poolclass=NullPool, connect_args=dict(given))


def _postgres_engine(
    url: str,
    token_provider: object = None,
    **given: Any,  # noqa: ANN401  (SQLAlchemy's arguments)
) -> Engine:
    """The engine of a server, in place of Dagster's function that makes a new one.

    The web server asks for a pool of its own, and tokens come with an engine of their own.
    """
    if token_provider is None and given.get("poolclass") is NullPool:
        return _pooled_engine(url, given.get("isolation_level"))
    utils = importlib.import_module("dagster_postgres.utils")
    made: Engine = utils.create_pg_engine(url, token_provider, **given)
    return made


@functools.lru_cache(maxsize=MOST_ENGINES)
def _pooled_engine(url: str, isolation_level: str | None) -> Engine:
    return create_engine(
        url,
        isolation_level=isolation_level,
        poolclass=QueuePool,
        pool_size=MOST_IDLE_ON_SERVER,
        max_overflow=-1,
        pool_recycle=RECYCLE_S,
        pool_pre_ping=True,
    )


def _connect(
    _dialect: object, _record: object, words: Sequence[str], given: Mapping[str, Any]
) -> KeptConnection | None:
    """A kept connection or a new one; None for other databases, which connect as ever."""
    path = str(words[0]) if words else ""
    if not path.startswith(tuple(_FOLDERS)):
        return None
    idle = _idle()
    for number in reversed(range(len(idle))):
        if idle[number].path == path:
            return idle.pop(number)
    made = sqlite3.connect(path, factory=KeptConnection, **given)
    made.path = path
    made.execute("PRAGMA synchronous=NORMAL")
    return made
