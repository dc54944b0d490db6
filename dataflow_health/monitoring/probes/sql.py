"""Reads one value from a database, read-only, on a new connection.

Every probe opens a new connection: a pooled one may work while the database refuses new ones.
"""

import math
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, Executable, create_engine, make_url, text
from sqlalchemy.pool import NullPool


@contextmanager
def connected(url: str, within_s: float) -> Iterator[Connection]:
    """A read-only connection, closed afterwards.

    Args:
        url: SQLAlchemy URL; ``postgresql://`` is read as psycopg 3.
        within_s: Time limit of the driver, where it supports one.

    Raises:
        FileNotFoundError: A SQLite file is missing; it is never created.
        SQLAlchemyError: The database does not answer.
    """
    engine = _engine(make_url(url), within_s)
    try:
        with engine.connect() as connection:
            yield connection
            connection.rollback()
    finally:
        engine.dispose()


def first_value(url: str, statement: str | Executable, within_s: float) -> Any:  # noqa: ANN401
    """First value of the first row; None when the query returns no row.

    Raises:
        FileNotFoundError: A SQLite file is missing.
        SQLAlchemyError: The database does not answer, or refuses the statement.
    """
    with connected(url, within_s) as connection:
        query = text(statement) if isinstance(statement, str) else statement
        row = connection.execute(query).first()
        return None if row is None else row[0]


def _engine(url: URL, within_s: float) -> Engine:
    backend = url.get_backend_name()
    if backend == "sqlite":
        return create_engine(url, creator=lambda: _sqlite(url, within_s), poolclass=NullPool)
    if backend == "postgresql":
        if url.drivername == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        limits = f"-c statement_timeout={math.ceil(within_s * 1000)}"
        arguments = {"connect_timeout": max(math.ceil(within_s), 1), "options": limits}
        engine = create_engine(url, poolclass=NullPool, connect_args=arguments)
        return engine.execution_options(postgresql_readonly=True)
    return create_engine(url, poolclass=NullPool)


def _sqlite(url: URL, within_s: float) -> sqlite3.Connection:
    """Opens a file read-only and reads its schema, as SELECT 1 alone does not read the file."""
    path = url.database or ":memory:"
    if path == ":memory:":
        return sqlite3.connect(path, check_same_thread=False)
    if not Path(path).is_file():
        raise FileNotFoundError(f"no database file {path}")
    connection = sqlite3.connect(
        f"file:{quote(path)}?mode=ro", uri=True, timeout=within_s, check_same_thread=False
    )
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection
