"""Rows of the ledger by arrival day, stage and state: kept by triggers, or counted anew."""

from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple, get_args

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Integer,
    Select,
    Table,
    cast,
    func,
    literal,
    literal_column,
    null,
    select,
    update,
)

from dataflow_health.flight.algorithms.finding import AlgorithmOutcome
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.sql import (
    change_numbers,
    day_count_triggers,
    server_limits,
    tables,
)
from dataflow_health.storage.sql.database import snapshot, writing
from dataflow_health.storage.sql.day_count_triggers import ARRIVAL, MEMBER, RESULT
from dataflow_health.storage.sql.statements import chunks, columns, fetch, upsert

_table = tables.day_count
OUTCOMES = get_args(AlgorithmOutcome)
"""Outcomes of algorithm runs: an index on states finds their counts."""


class DayCount(NamedTuple):
    """Number of rows of one arrival day, stage and state.

    Attributes:
        arrival_day: Arrival day, as 2026-11-20.
        step: A stage, ``arrival``, ``member`` or ``algorithm_run``.
        state: State at the stage, or outcome of the arrival, member or algorithm run.
        number: Number of rows.
        finished_at: Newest end of processing among them, UTC.
    """

    arrival_day: str
    step: str
    state: str
    number: int
    finished_at: datetime | None


def read(connection: Connection, days: Collection[str] | None = None) -> list[DayCount]:
    """The counts that are not 0.

    Args:
        connection: Any connection.
        days: Only these arrival days.
    """
    statement = select(*columns(DayCount, _table)).where(_table.c.number != 0)
    if days is None:
        return [DayCount._make(row) for row in connection.execute(statement)]
    return [
        DayCount._make(row)
        for chunk in chunks(sorted(days))
        for row in connection.execute(statement.where(_table.c.arrival_day.in_(chunk)))
    ]


def add_up(connection: Connection) -> list[DayCount]:
    """The counts of all days together, with an empty day.

    Args:
        connection: Any connection.
    """
    number = cast(func.sum(_table.c.number), Integer)
    statement = select(
        literal(""), _table.c.step, _table.c.state, number, func.max(_table.c.finished_at)
    )
    found = connection.execute(statement.group_by(_table.c.step, _table.c.state))
    return [each for row in found if (each := DayCount._make(row)).number]


def results(connection: Connection, *conditions: ColumnElement[bool]) -> int:
    """Number of algorithm runs.

    Args:
        connection: Any connection.
        conditions: Conditions on the arrival day and the state, which is their outcome.
    """
    present = _table.c.number > literal_column("0")  # as the partial index has it
    of_results = _table.c.state.in_(OUTCOMES) & (_table.c.step == RESULT)
    statement = select(func.coalesce(func.sum(_table.c.number), 0)).where(present, of_results)
    return int(connection.execute(statement.where(*conditions)).scalar_one())


def places(
    engine: Engine,
    states: Collection[str],
    steps: Collection[str] = STAGES,
    since: str = "",
    before: str = "",
) -> list[tuple[str, str]]:
    """Stages and arrival days that have rows in one of the states, in order.

    The cost follows what is found, not the history.

    Args:
        engine: Database of the ledger.
        states: The states.
        steps: The stages.
        since: First arrival day; empty for the first of all.
        before: The day after the last arrival day; empty for no end.

    Raises:
        DatabaseError: The database does not answer.
    """
    present = _table.c.number > literal_column("0")  # as the partial index has it
    statement = select(_table.c.step, _table.c.arrival_day).where(present)
    statement = statement.where(_table.c.state.in_(states), _table.c.step.in_(steps))
    if since:
        statement = statement.where(_table.c.arrival_day >= since)
    if before:
        statement = statement.where(_table.c.arrival_day < before)
    return sorted({(row.step, row.arrival_day) for row in fetch(engine, statement)})


def conditions(
    engine: Engine,
    states: Collection[str],
    table: Table,
    stages: Collection[str] = STAGES,
    since: str = "",
    before: str = "",
) -> Iterator[ColumnElement[bool]]:
    """Conditions for the rows of a table in some states, a stage and some of its days at a time.

    An index serves each of them. No row fulfils two.

    Args:
        engine: Database of the ledger.
        states: The states.
        table: Table of stage records.
        stages: The stages.
        since: First arrival day; empty for the first of all.
        before: The day after the last arrival day; empty for no end.

    Raises:
        DatabaseError: The database does not answer.
    """
    found = places(engine, states, stages, since, before)
    for stage, at_stage in groupby(found, key=itemgetter(0)):
        for days in chunks([day for _, day in at_stage]):
            is_there = (table.c.stage == stage) & table.c.arrival_day.in_(days)
            yield is_there & table.c.state.in_(states)


def changed_days(connection: Connection, since: int) -> set[str]:
    """Arrival days with a count that has this change number or a higher one."""
    statement = select(_table.c.arrival_day).where(_table.c.changed >= since)
    return {day for (day,) in connection.execute(statement)}


def wrong_days(engine: Engine) -> list[str]:
    """Arrival days whose counts differ from a count of every row, oldest first.

    Its cost grows with the history.

    Raises:
        DatabaseError: The database does not answer.
    """
    with snapshot(engine) as connection:
        server_limits.lift(connection)
        return sorted({each.arrival_day for each in set(read(connection)) ^ _recount(connection)})


def repair(engine: Engine) -> list[str]:
    """Sets counts that differ from a count of every row right; returns their days, oldest first.

    No count differs unless the triggers were switched off or the table was changed by hand. Writers
    of counts wait meanwhile, but only when there is something to set right.

    Raises:
        DatabaseError: The database does not answer.
    """
    if not wrong_days(engine):
        return []
    with writing(engine) as connection:
        server_limits.lift(connection)
        day_count_triggers.lock_counts(connection)
        counted = _recount(connection)
        days = sorted({each.arrival_day for each in set(read(connection)) ^ counted})
        changed = change_numbers.current(connection, _table.c.changed)
        for chunk in chunks(days):
            of_days = _table.c.arrival_day.in_(chunk)  # a row stays: readers look for its change
            connection.execute(update(_table).where(of_days).values(number=0, changed=changed))
        wrong = set(days)
        rows = [
            each._asdict() | {"changed": changed} for each in counted if each.arrival_day in wrong
        ]
        for some in chunks(rows):
            upsert(connection, _table, some)
    return days


def _recount(connection: Connection) -> set[DayCount]:
    return {
        DayCount._make(row) for statement in _full_counts() for row in connection.execute(statement)
    }


def _full_counts() -> Iterator[Select[tuple[str, str, str, int, datetime | None]]]:
    for stages in (tables.archive_stage, tables.recording_stage):
        key = (stages.c.arrival_day, stages.c.stage, stages.c.state)
        yield select(*key, func.count(), func.max(stages.c.finished_at)).group_by(*key)
    outcomes = (tables.arrival, ARRIVAL), (tables.member, MEMBER), (tables.algorithm_run, RESULT)
    for table, step in outcomes:
        day, outcome = table.c.arrival_day, table.c.outcome
        counted = select(day, literal(step), outcome, func.count(), null())
        yield counted.group_by(day, outcome)
