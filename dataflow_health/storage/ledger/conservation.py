"""Counts of every stage and arrival day, which the conservation law says must balance.

What came in is done, quarantined, written off, in flight or a duplicate; nothing is ever missing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Select, case, func, select

from dataflow_health.health.observation import Counts, StageCounts, add_up
from dataflow_health.storage.ledger.stage_order import RECORDING_STAGES, STAGES
from dataflow_health.storage.ledger.states import is_unfinished
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import snapshot

StageDay = tuple[str, str]
"""A stage and an arrival day."""


@dataclass(slots=True)
class StageStates:
    """Archives or recordings of one stage and day by state, and when the last one finished."""

    by_state: dict[str, int] = field(default_factory=dict)
    finished_at: datetime | None = None


def stage_counts(engine: Engine, at: datetime, day: str | None = None) -> list[StageCounts]:
    """Counts of every stage and arrival day, in stage order, from one snapshot.

    Args:
        engine: Database of the ledger.
        at: Time of counting, UTC.
        day: Only this arrival day.

    Raises:
        DatabaseError: The database does not answer.
    """
    with snapshot(engine) as connection:
        states = read_states(connection, day)
        arrivals = _by_day(connection, tables.arrival.c.arrival_day, tables.arrival.c.outcome, day)
        members = _by_day(connection, tables.member.c.arrival_day, tables.member.c.outcome, day)
        repeated = _processed_again(connection, day)
    counts = []
    for each in sorted({d for _, d in states} | {*arrivals, *members}):
        incoming = sum(arrivals[each].values())
        duplicates = {
            "download": arrivals[each]["duplicate"],
            "parse": members[each]["duplicate"],
        }
        for stage in STAGES:
            if stage == "parse":
                incoming = members[each]["recording"] + members[each]["duplicate"]
            incoming += repeated.get((stage, each), 0)
            found = states.get((stage, each), StageStates())
            counts.append(_counts(stage, each, at, incoming, duplicates.get(stage, 0), found))
            incoming = counts[-1].done
    return sorted(counts, key=lambda c: (STAGES.index(c.process), c.arrival_day or date.min))


def total(counts: Iterable[StageCounts]) -> dict[str, Counts]:
    """Counts of all days together, by stage."""
    by_stage: dict[str, list[Counts]] = defaultdict(list)
    for each in counts:
        by_stage[each.process].append(each)
    return {stage: add_up(found) for stage, found in by_stage.items()}


def read_states(connection: Connection, day: str | None = None) -> dict[StageDay, StageStates]:
    """Archives and recordings by state, of every stage and arrival day.

    Args:
        connection: Any connection.
        day: Only this arrival day.
    """
    found: dict[StageDay, StageStates] = defaultdict(StageStates)
    for table in (tables.archive_stage, tables.recording_stage):
        group = (table.c.stage, table.c.arrival_day, table.c.state)
        statement = select(*group, func.count(), func.max(table.c.finished_at)).group_by(*group)
        if day is not None:  # the index begins with the stage
            statement = statement.where(table.c.stage.in_(STAGES), table.c.arrival_day == day)
        for stage, each, state, count, finished_at in connection.execute(statement):
            states = found[stage, each]
            states.by_state[state] = count
            if finished_at is not None:
                states.finished_at = max(finished_at, states.finished_at or finished_at)
    return dict(found)


def _counts(
    stage: str, day: str, at: datetime, incoming: int, duplicate: int, states: StageStates
) -> StageCounts:
    by_state = states.by_state
    running = by_state.get("running", 0)
    return StageCounts(
        process=stage,
        at=at,
        arrival_day=date.fromisoformat(day),
        incoming=incoming,
        done=by_state.get("done", 0),
        quarantined=by_state.get("quarantined", 0),
        written_off=by_state.get("written_off", 0),
        in_flight=by_state.get("waiting", 0) + running,
        duplicate=duplicate,
        running=running,
        data_at=states.finished_at,
    )


def _processed_again(connection: Connection, day: str | None) -> dict[StageDay, int]:
    """Recordings at a stage that the stage before is processing again.

    They are not done there at present, so what that stage hands over does not include them.
    """
    before, here = tables.recording_stage.alias("before"), tables.recording_stage.alias("here")
    following = case(dict(pairwise(RECORDING_STAGES)), value=before.c.stage)
    statement = (
        select(here.c.stage, here.c.arrival_day, func.count())
        .join_from(
            before,
            here,
            (before.c.recording_id == here.c.recording_id) & (here.c.stage == following),
        )
        .where(is_unfinished(before))
        .group_by(here.c.stage, here.c.arrival_day)
    )
    rows = connection.execute(_on(statement, before.c.arrival_day, day))
    return {(stage, each): count for stage, each, count in rows}


def _by_day(
    connection: Connection,
    arrival_day: ColumnElement[str],
    outcome: ColumnElement[str],
    day: str | None,
) -> Mapping[str, Mapping[str, int]]:
    """Rows of a table by arrival day and outcome; 0 for an outcome that does not occur."""
    statement = select(arrival_day, outcome, func.count()).group_by(arrival_day, outcome)
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for each, name, count in connection.execute(_on(statement, arrival_day, day)):
        found[each][name] = count
    return found


def _on(statement: Select[Any], arrival_day: ColumnElement[str], day: str | None) -> Select[Any]:
    return statement if day is None else statement.where(arrival_day == day)
