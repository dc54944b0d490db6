"""SQL statements that are compiled once a process.

SQLAlchemy compiles a statement again for every engine, which takes longer than to run it on a small
database; and each test has an engine of its own.
"""

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

_STATEMENTS: LRUCache = LRUCache(2_000)


class _Shared:
    """A dialect that is equal to others of its arguments, so their engines share statements."""

    supports_statement_cache = True

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.arguments = arguments

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.arguments == other.arguments

    def __hash__(self) -> int:
        return hash(type(self))

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        engine.update_execution_options(compiled_cache=_STATEMENTS)


class SharedSQLite(_Shared, SQLiteDialect_pysqlite):
    """SQLite as in the standard library of Python."""

    supports_statement_cache = True


class SharedPostgreSQL(_Shared, PGDialect_psycopg):
    """PostgreSQL by psycopg 3."""

    supports_statement_cache = True


def share() -> None:
    """Makes all engines of this process share their statements."""
    for name in ("sqlite", "sqlite.pysqlite"):
        registry.register(name, __name__, "SharedSQLite")
    registry.register("postgresql.psycopg", __name__, "SharedPostgreSQL")
