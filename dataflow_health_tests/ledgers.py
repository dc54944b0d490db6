"""Empty ledgers for tests: the schema of SQLite is created once a process and copied."""

import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy import Engine

from dataflow_health.storage.sql import database

_SQLITE = "sqlite:///"


def open_ledger(url: str) -> Engine:
    """A database with the current schema; one of SQLite is created unless it exists."""
    path = Path(url.removeprefix(_SQLITE))
    if url.startswith(_SQLITE) and not path.exists():
        path.write_bytes(_empty_ledger())
    engine = database.connect(url)
    database.upgrade(engine)
    return engine


@cache
def _empty_ledger() -> bytes:
    """Content of a SQLite file as :func:`database.upgrade` leaves it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.sqlite"
        engine = database.connect(f"{_SQLITE}{path}")
        database.upgrade(engine)
        engine.dispose()
        return path.read_bytes()
