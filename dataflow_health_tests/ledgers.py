"""Ledgers for tests, whose schema is migrated once a process.

A SQLite file of each content is copied; the SQL of the migration is repeated for PostgreSQL.
"""

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

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
    if engine.dialect.name == "postgresql":
        _repeat_migration(engine)
    database.upgrade(engine)
    return engine


_MIGRATION: list[str] = []
"""The statements that created the first ledger in PostgreSQL."""


def _repeat_migration(engine: Engine) -> None:
    """Creates the tables in an empty database as the first migration of this process did."""
    with database.writing(engine) as connection:
        if _MIGRATION and database.revision(connection) is None:
            one_round_trip = connection.execution_options(no_parameters=True)
            one_round_trip.exec_driver_sql(";\n".join(_MIGRATION))
    if not _MIGRATION:
        event.listen(engine, "before_cursor_execute", _keep_statement)
        database.upgrade(engine)
        event.remove(engine, "before_cursor_execute", _keep_statement)


def _keep_statement(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
    if not statement.lstrip().upper().startswith("SELECT"):
        assert not values, statement
        _MIGRATION.append(statement % ())


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
