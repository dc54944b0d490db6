"""Proof of the counts by day against a count of every row, some days at a time.

Its time grows with the history; its memory, and the time for which writers wait, do not.
"""

from collections.abc import Callable, Collection
from datetime import datetime
from itertools import pairwise

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    Select,
    Table,
    and_,
    func,
    literal,
    null,
    select,
    true,
    update,
)

from dataflow_health.storage.ledger import day_counts
from dataflow_health.storage.ledger.day_counts import DayCount
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.sql import change_numbers, day_count_triggers, server_limits, tables
from dataflow_health.storage.sql.database import snapshot, writing
from dataflow_health.storage.sql.day_count_triggers import ARRIVAL, MEMBER, RESULT
from dataflow_health.storage.sql.statements import chunks, upsert

_table = tables.day_count
DAYS_AT_ONCE = 100

_STAGES = (tables.archive_stage, tables.recording_stage)
_OUTCOMES = ((tables.arrival, ARRIVAL), (tables.member, MEMBER), (tables.algorithm_run, RESULT))


_Days = Callable[[Column[str]], ColumnElement[bool]]
"""Condition on a column of arrival days."""


def _between(first: str | None, end: str | None) -> _Days:
    """Arrival days from one to before another; None for no bound."""
    return lambda day: and_(
        true(), *([] if first is None else [day >= first]), *([] if end is None else [day < end])
    )


def wrong_days(engine: Engine, at_once: int = DAYS_AT_ONCE) -> list[str]:
    """Arrival days whose counts differ from a count of every row, oldest first.

    Args:
        engine: Database of the ledger.
        at_once: Days that are compared together.

    Raises:
        DatabaseError: The database does not answer.
    """
    steps, ranges = _plan(engine, at_once)
    wrong: list[str] = []
    for days in ranges:
        with snapshot(engine) as connection:
            server_limits.lift(connection)
            wrong += _wrong(_kept(connection, days), _counted(connection, days, steps))
    return wrong


def repair(engine: Engine, at_once: int = DAYS_AT_ONCE) -> list[str]:
    """Sets counts that differ from a count of every row right; returns their days, oldest first.

    No count differs unless the triggers were switched off or the table was changed by hand. Writers
    of counts wait meanwhile, but only where there is something to set right.

    Args:
        engine: Database of the ledger.
        at_once: Days that are compared, or set right, together.

    Raises:
        DatabaseError: The database does not answer.
    """
    wrong = wrong_days(engine, at_once)
    steps, _ = _plan(engine, at_once)
    for some in chunks(wrong, at_once):
        with writing(engine) as connection:
            server_limits.lift(connection)
            day_count_triggers.lock_counts(connection)
            _set_right(connection, some, steps)
    return wrong


def _set_right(connection: Connection, days: Collection[str], steps: Collection[str]) -> None:
    counted = _counted(connection, lambda day: day.in_(sorted(days)), steps)
    changed = change_numbers.current(connection, _table.c.changed)
    of_days = _table.c.arrival_day.in_(sorted(days))  # a row stays: readers look for its change
    connection.execute(update(_table).where(of_days).values(number=0, changed=changed))
    rows = [each._asdict() | {"changed": changed} for each in counted if each.arrival_day in days]
    for some in chunks(rows):
        upsert(connection, _table, some)


def _plan(engine: Engine, at_once: int) -> tuple[Collection[str], list[_Days]]:
    """Names of stages that rows may have, and ranges of days in one of which each row is."""
    with snapshot(engine) as connection:
        days = connection.execute(
            select(_table.c.arrival_day).distinct().order_by(_table.c.arrival_day)
        ).scalars()
        bounds = [None, *list(days)[at_once::at_once], None]
        steps = connection.execute(select(_table.c.step).distinct()).scalars()
        ranges = [_between(*each) for each in pairwise(bounds)]
        return {*STAGES, *steps}, ranges


def _wrong(kept: set[DayCount], counted: set[DayCount]) -> list[str]:
    return sorted({each.arrival_day for each in kept ^ counted})


def _kept(connection: Connection, days: _Days) -> set[DayCount]:
    return set(day_counts.read_where(connection, days(_table.c.arrival_day)))


def _counted(connection: Connection, days: _Days, steps: Collection[str]) -> set[DayCount]:
    statements = [*(_of_stages(each, days, steps) for each in _STAGES)]
    statements += [_of_outcomes(table, step, days) for table, step in _OUTCOMES]
    return {DayCount._make(row) for each in statements for row in connection.execute(each)}


def _of_stages(
    table: Table, days: _Days, steps: Collection[str]
) -> Select[tuple[str, str, str, int, datetime | None]]:
    key = (table.c.arrival_day, table.c.stage, table.c.state)
    counted = select(*key, func.count(), func.max(table.c.finished_at))
    at_stages = table.c.stage.in_(sorted(steps))  # the first column of the index
    return counted.where(at_stages, days(table.c.arrival_day)).group_by(*key)


def _of_outcomes(
    table: Table, step: str, days: _Days
) -> Select[tuple[str, str, str, int, datetime | None]]:
    day, outcome = table.c.arrival_day, table.c.outcome
    counted = select(day, literal(step), outcome, func.count(), null())
    return counted.where(days(day)).group_by(day, outcome)
