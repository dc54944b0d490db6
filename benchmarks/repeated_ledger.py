"""A ledger of many years in minutes: the database copies the rows of some days to the days before.

Rows that Python writes one by one would take hours for 1,000,000 recordings on PostgreSQL. The
ledger is that of :func:`benchmarks.filled_ledger.fill_ledger`, with other ids.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, Engine, Table, delete, func, select, text, update

from benchmarks import filled_ledger as plain
from benchmarks import filled_records
from benchmarks.filled_ledger import LedgerSize
from dataflow_health.config.catalogue import Catalogue
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.records import observations
from dataflow_health.storage.sql import change_numbers, partitions, tables
from dataflow_health.storage.sql.column_types import UtcDateTime
from dataflow_health.storage.sql.database import writing

COPIED = (
    tables.archive,
    tables.arrival,
    tables.archive_stage,
    tables.recording,
    tables.member,
    tables.recording_stage,
    tables.algorithm_run,
    tables.observation,
)
IDS = frozenset({"id", "archive_id", "recording_id"})
DAYS_OF_A_MONTH = 28
"""At most: a step that leaves out no month."""
PREFIX = 8
"""Characters of an id that are another in each copy."""
SHIFTED = {
    "sqlite": {
        "time": "date(substr({name}, 1, 10), '-{days} days') || substr({name}, 11)",
        "day": "date({name}, '-{days} days')",
    },
    "postgresql": {
        "time": "{name} - interval '{days} days'",
        "day": "to_char(CAST({name} AS date) - {days}, 'YYYY-MM-DD')",
    },
}
"""SQL of a time, and of an arrival day, some days earlier."""


def fill(
    engine: Engine, catalogue: Catalogue, size: LedgerSize, blocks: int, now: datetime = plain.NOW
) -> None:
    """Writes the newest of some equal blocks of days, and copies it for the days before.

    Args:
        engine: A new database.
        catalogue: The declarations.
        size: Size of the whole ledger; its days are checked on their day.
        blocks: Number of blocks, with whole days in each.
        now: End of the newest day, UTC.

    Raises:
        ValueError: The blocks are not equal.
    """
    days, recordings = size.days // blocks, size.recordings // blocks
    if (days * blocks, recordings * blocks) != (size.days, size.recordings):
        raise ValueError(f"{blocks} blocks of {size} are not equal: take a divisor of its numbers")
    one = replace(size, days=days, recordings=recordings, quarantined_every=recordings + 1)
    before = (now.date() - timedelta(days=days)).isoformat()
    for number in range(0, size.days + DAYS_OF_A_MONTH, DAYS_OF_A_MONTH):
        partitions.prepare(engine, (now.date() - timedelta(days=number)).isoformat())
    with plain.without_triggers(engine):
        plain.write_rows(engine, catalogue, one, now)
        for block in range(1, blocks):
            with writing(engine) as connection:
                for table in COPIED:
                    _copy(connection, table, before, block, days * block)
        filled_records.fill(engine, catalogue, size, now)
    for number in range(size.quarantined_every - 1, size.recordings, size.quarantined_every):
        _quarantine(engine, plain.day_of(number, size, now), now)
    plain.maintain(engine)


def _copy(connection: Connection, table: Table, before: str, block: int, days: int) -> None:
    """Copies the rows of the newest block to earlier days.

    Args:
        connection: An open transaction.
        table: The table.
        before: The day before the newest block.
        block: Number of the copy.
        days: Days by which its times are earlier.
    """
    dialect = connection.dialect.name
    names = ", ".join(column.name for column in table.columns)
    values = ", ".join(_copied(dialect, column, block, days) for column in table.columns)
    copied = f"INSERT INTO {table.name} ({names}) SELECT {values} FROM {table.name} WHERE "
    if "stage" in table.columns:  # the first column of the index with the arrival day
        copied += f"stage IN ({', '.join(map(repr, STAGES))}) AND "
    given: dict[str, object] = {"before": before}
    if "changed" in table.columns:
        given["changed"] = change_numbers.current(connection, table.columns["changed"])
    connection.execute(text(f"{copied}arrival_day > :before"), given)


def _copied(dialect: str, column: Column[Any], block: int, days: int) -> str:
    """SQL of a column's value in a copy."""
    name = column.name
    if name in IDS:
        return f"'{block:0{PREFIX}x}' || substr({name}, {PREFIX + 1})"
    if name == "changed":
        return ":changed"
    if name == "arrival_day":
        return SHIFTED[dialect]["day"].format(name=name, days=days)
    if isinstance(column.type, UtcDateTime):
        return SHIFTED[dialect]["time"].format(name=name, days=days)
    return name


def _quarantine(engine: Engine, day: date, now: datetime) -> None:
    """Puts a recording of a day into quarantine at parse."""
    recording, work, run = tables.recording, tables.recording_stage, tables.algorithm_run
    with writing(engine) as connection:
        of_day = select(func.min(recording.c.id)).where(recording.c.arrival_day == day.isoformat())
        found = connection.execute(of_day).scalar_one()
        connection.execute(delete(run).where(run.c.recording_id == found))
        here = work.c.recording_id == found
        connection.execute(delete(work).where(here, work.c.stage != "parse"))
        refused = {"state": "quarantined", "reason": "no_sync", "detail": "no sync word found"}
        connection.execute(update(work).where(here).values(refused))
    at = now - (now.date() - day)
    observations.save(engine, [plain.observation(*plain.FAILED, at, day, failed=True)])
