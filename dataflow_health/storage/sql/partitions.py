"""Results by month of arrival in PostgreSQL: a partition of each table for each month.

A new flight then changes small indexes that are in memory, however long the history is. A day of
any age makes the partitions of its month when its results are loaded, and those of the next month,
so that they are there before the first of it. Rows that another program writes for a month without
a partition go to the default partition, and move when the month gets its own: no insert fails.
SQLite has one table.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from loguru import logger
from sqlalchemy import DDL, Connection, Engine, MetaData, bindparam, event, func, select, text
from sqlalchemy.schema import ExecutableDDLElement

from dataflow_health.errors import DatabaseError
from dataflow_health.storage.sql.database import reading, writing

TABLES = ("algorithm_run", "finding")
"""Tables with partitions by their column ``arrival_day``."""

LOCK_KEY = 0x0DF4EA18
"""Advisory lock of making partitions; any fixed number."""

PATIENCE_MS = 5_000
"""Longest wait of a new partition for readers of the default one; its rows can be moved later."""

_NAME = re.compile(rf"({'|'.join(TABLES)})_(default|\d{{4}}_\d\d)")
_LONGEST_MONTH = timedelta(days=31)


class Partition(NamedTuple):
    """A month of a table.

    Attributes:
        table: Name of the table.
        month: First day of the month.
    """

    table: str
    month: date

    @property
    def name(self) -> str:
        """Name of the partition, as ``finding_2026_11``."""
        return f"{self.table}_{self.month:%Y_%m}"

    @property
    def end(self) -> date:
        """First day of the next month."""
        return (self.month + _LONGEST_MONTH).replace(day=1)


def attach(metadata: MetaData) -> None:
    """Creates the default partitions with the tables; they are dropped with them."""
    for table in TABLES:
        made: ExecutableDDLElement = DDL(  # type: ignore[no-untyped-call]
            f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT"
        )
        event.listen(metadata, "after_create", made.execute_if(dialect="postgresql"))


def is_partition(name: str) -> bool:
    """Whether a table of the database is a partition of another one."""
    return _NAME.fullmatch(name) is not None


def prepare(engine: Engine, day: str) -> None:
    """Makes the partitions of an arrival day's month and of the next month that are missing.

    One that cannot be made now is made at the next day that is loaded; its rows go to the default
    partition until then.

    Args:
        engine: Database of the results.
        day: Arrival day, as 2026-11-20.

    Raises:
        DatabaseError: The database does not answer.
    """
    if engine.dialect.name != "postgresql":
        return
    month = date.fromisoformat(day).replace(day=1)
    months = (month, (month + _LONGEST_MONTH).replace(day=1))
    wanted = [Partition(table, each) for each in months for table in TABLES]
    with reading(engine) as connection:
        missing = list(_missing(connection, wanted))
    for each in missing:
        try:
            with writing(engine) as connection:
                _make(connection, each)
        except DatabaseError as error:
            logger.warning("{} is made later: {}", each.name, error)


def _missing(connection: Connection, wanted: list[Partition]) -> Iterator[Partition]:
    found = connection.execute(select(*(func.to_regclass(each.name) for each in wanted))).one()
    return (each for each, known in zip(wanted, found, strict=True) if known is None)


def _make(connection: Connection, partition: Partition) -> None:
    """Makes a partition beside the table, and attaches it with its rows of the default partition.

    The table is read and written meanwhile; only its default partition is locked. Its triggers are
    those of statements on the whole table, so rows that move are counted no second time.
    """
    connection.execute(text(f"SET LOCAL lock_timeout = {PATIENCE_MS}"))
    connection.execute(select(func.pg_advisory_xact_lock(LOCK_KEY)))
    table, name = partition.table, partition.name
    connection.execute(text(f"LOCK TABLE {table}_default IN ACCESS EXCLUSIVE MODE"))
    if not any(_missing(connection, [partition])):  # a table's lock renews the session's catalogue
        return
    connection.execute(text(f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL EXCLUDING INDEXES)"))
    connection.execute(
        text(
            f"WITH moved AS (DELETE FROM {table}_default WHERE arrival_day >= :first"
            f" AND arrival_day < :end RETURNING *) INSERT INTO {name} SELECT * FROM moved"
        ).bindparams(bindparam("first", partition.month.isoformat())),
        {"end": partition.end.isoformat()},
    )
    connection.execute(
        text(
            f"ALTER TABLE {table} ATTACH PARTITION {name}"
            f" FOR VALUES FROM ('{partition.month}') TO ('{partition.end}')"
        )
    )
