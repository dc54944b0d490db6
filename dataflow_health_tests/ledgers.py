"""Ledgers for tests: a SQLite file of each content is written once a process and copied."""

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from sqlalchemy import Engine

from dataflow_health.storage.sql import database

_SQLITE = "sqlite:///"


def open_ledger(url: str, fill: Callable[[Engine], None] | None = None) -> Engine:
    """A database with the current schema; a new file of SQLite is a copy.

    Args:
        url: URL of the database.
        fill: Writes rows into a new file of SQLite. It is called once for all files that are
            opened with it, so it must be the same object each time.
    """
    path = Path(url.removeprefix(_SQLITE))
    if url.startswith(_SQLITE) and not path.exists():
        path.write_bytes(_content(fill))
    engine = database.connect(url)
    database.upgrade(engine)
    return engine


@cache
def _content(fill: Callable[[Engine], None] | None) -> bytes:
    """Content of a SQLite file as :func:`database.upgrade`, and then ``fill``, leave it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.sqlite"
        engine = database.connect(f"{_SQLITE}{path}")
        database.upgrade(engine)
        if fill is not None:
            fill(engine)
        engine.dispose()
        return path.read_bytes()
