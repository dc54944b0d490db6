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
    Table,
    func,
    literal_column,
    select,
    true,
)

from dataflow_health.flight.algorithms.finding import AlgorithmOutcome
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.sql import (
    tables,
)
from dataflow_health.storage.sql.day_count_triggers import RESULT
from dataflow_health.storage.sql.statements import chunks, columns, fetch

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
    if days is None:
        return list(read_where(connection, true()))
    return [
        count
        for chunk in chunks(sorted(days))
        for count in read_where(connection, _table.c.arrival_day.in_(chunk))
    ]


def read_where(connection: Connection, condition: ColumnElement[bool]) -> Iterator[DayCount]:
    """The counts that are not 0 and fulfil a condition."""
    statement = select(*columns(DayCount, _table)).where(_table.c.number != 0, condition)
    return map(DayCount._make, connection.execute(statement))


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
