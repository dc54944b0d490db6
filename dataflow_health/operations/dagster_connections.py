"""Keeps engines of SQLAlchemy for Dagster's SQLite files, and connections to them.

Dagster makes an engine and a connection for everything that it reads or writes, about three
thousand in a run of all algorithms. Each engine compiles its statements anew, and the close of the
last connection has SQLite copy its log into the file and wait for the disk.
"""

import functools
import importlib
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import local
from typing import Any

from sqlalchemy import Engine, NullPool, create_engine, event

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
MOST_ENGINES = 16
MOST_IDLE = 4
"""Connections that one thread keeps: Dagster has a file for runs, one for what is common to their
events, and one for the events of each run."""

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
        for name in STORAGES:
            with suppress(ImportError):
                module = importlib.import_module(name)
                if hasattr(module, "create_engine"):
                    vars(module)["create_engine"] = _engine


_FOLDERS: set[str] = set()


def _engine(url: str, *, connect_args: Mapping[str, object] | None = None, **_: object) -> Engine:
    """The engine of a file, in place of SQLAlchemy's function that makes a new one."""
    return _kept_engine(url, tuple((connect_args or {}).items()))


@functools.lru_cache(maxsize=MOST_ENGINES)
def _kept_engine(url: str, given: tuple[tuple[str, object], ...]) -> Engine:
    return create_engine(url, poolclass=NullPool, connect_args=dict(given))


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
