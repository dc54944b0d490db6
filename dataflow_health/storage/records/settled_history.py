"""Sums of settled arrival days, kept so that a new process reads only what is not settled.

A reader continues from the numbers of changes up to which the sums were made; every change of a
check result or a count has a higher one, whatever writes it.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple, Self

from pydantic import AwareDatetime, BaseModel, ValidationError
from sqlalchemy import Connection, Engine, delete, select
from sqlalchemy.exc import SQLAlchemyError

from dataflow_health.errors import DatabaseError
from dataflow_health.health.observation import Counts, Observation
from dataflow_health.health.settled_days import CheckPart, SettledCheck, SettledDays
from dataflow_health.storage.sql import change_numbers, tables
from dataflow_health.storage.sql.database import require_unlocked, snapshot, writing
from dataflow_health.storage.sql.statements import upsert

_table = tables.settled_history
FORMAT = "1"
"""Version of the document and of what settled means; others are not read."""


class DayRange(NamedTuple):
    """Settled arrival days of a process, from the first to the last."""

    first: str
    last: str


class _Check(BaseModel):
    """A sum of check results, with its key."""

    check: str
    part: str
    newest: Observation
    at: AwareDatetime
    since: AwareDatetime
    through_at: AwareDatetime
    link: str


class SettledProcess(BaseModel):
    """The settled days of one process.

    Attributes:
        process: Name of the process.
        days: The days, oldest first.
        seen: Checks and parts that a day with data must have a result of.
        counts: Sum of the days' counts.
        data_at: Newest change of their data, UTC.
        checks: Sums of their check results.
    """

    process: str
    days: tuple[DayRange, ...]
    seen: tuple[CheckPart, ...]
    counts: Counts | None
    data_at: AwareDatetime | None
    checks: tuple[_Check, ...]
    at: AwareDatetime

    @classmethod
    def of(cls, found: SettledDays, days: tuple[DayRange, ...], seen: Sequence[CheckPart]) -> Self:
        """The settled days of a sum."""
        checks = [
            _Check(check=check, part=part, **each._asdict())
            for (check, part), each in found.checks.items()
        ]
        return cls(
            process=found.process, days=days, seen=tuple(seen), counts=found.counts,
            data_at=found.data_at, checks=tuple(checks), at=found.at,
        )  # fmt: skip

    def has(self, day: str) -> bool:
        """Whether an arrival day is one of them."""
        position = bisect_right(self.days, day, key=lambda each: each.first) - 1
        return position >= 0 and day <= self.days[position].last

    def days_sum(self) -> SettledDays:
        """The sum of the days."""
        checks = {
            (e.check, e.part): SettledCheck(e.newest, e.at, e.since, e.through_at, e.link)
            for e in self.checks
        }
        return SettledDays(self.process, self.at, self.counts, self.data_at, checks)


class SettledHistory(BaseModel):
    """The settled days of all processes.

    Attributes:
        processes: Processes with settled days.
        open_days: Arrival days that are not settled for some process.
        next_result: Number of changes from which check results are to be read.
        next_count: The same for the counts.
        saved_at: Time of saving, UTC.
    """

    processes: tuple[SettledProcess, ...]
    open_days: tuple[str, ...]
    next_result: int
    next_count: int
    saved_at: AwareDatetime


def key_of(processes: Collection[str], checks: Collection[tuple[str, str]]) -> str:
    """Key of what was declared when sums were made: with other checks other days are settled."""
    declared = repr((FORMAT, sorted(processes), sorted(checks)))
    return hashlib.sha256(declared.encode()).hexdigest()


def load(engine: Engine, declared: str, now: datetime) -> SettledHistory | None:
    """The sums that were kept for these declarations; None without any that hold.

    Args:
        engine: Database of the ledger.
        declared: Key of the declarations.
        now: Current time, UTC; sums of a later time do not hold.

    Raises:
        DatabaseError: The database does not answer.
    """
    with snapshot(engine) as connection:
        return read(connection, declared, now)


def read(connection: Connection, declared: str, now: datetime) -> SettledHistory | None:
    """As :func:`load`, on a snapshot."""
    statement = select(_table.c.document, _table.c.database).where(
        _table.c.declared == declared, _table.c.saved_at <= now
    )
    row = connection.execute(statement).one_or_none()
    if row is None or row.database != change_numbers.database_of(connection):
        return None
    try:
        found = SettledHistory.model_validate_json(row.document)
    except ValidationError:
        return None
    return found if _is_of_this_past(connection, found) else None


def _is_of_this_past(connection: Connection, found: SettledHistory) -> bool:
    """Whether numbers of changes have not begun again, as after results were deleted."""
    results, counts = (
        change_numbers.next_unread(connection, table.c.changed)
        for table in (tables.observation, tables.day_count)
    )
    return results >= found.next_result and counts >= found.next_count


def save(engine: Engine, declared: str, history: SettledHistory) -> bool:
    """Keeps sums, unless another process writes just now or nothing may be written.

    Returns:
        Whether they were kept.
    """
    try:
        require_unlocked(engine, within_s=0)
        with writing(engine) as connection:
            row = {
                "declared": declared,
                "saved_at": history.saved_at,
                "database": change_numbers.database_of(connection),
                "document": history.model_dump_json(exclude_defaults=True),
            }
            upsert(connection, _table, [row])
    except (DatabaseError, SQLAlchemyError):
        return False
    return True


def forget(engine: Engine) -> None:
    """Drops all sums: the next process reads everything and keeps new ones.

    Raises:
        DatabaseError: The database does not answer.
    """
    with writing(engine) as connection:
        connection.execute(delete(_table))
