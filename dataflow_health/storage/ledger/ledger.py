"""The ledger: where every archive and recording is, at every stage.

Every function takes the engine first and does its work in one transaction. No archive, member or
recording is ever deleted.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    Select,
    Table,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import sqlite

from dataflow_health.storage.ledger.conservation import Account, account
from dataflow_health.storage.ledger.stage_order import (
    ARCHIVE_STAGES,
    RECORDING_STAGES,
    STAGES,
    after,
)
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import reading, snapshot, writing

Row = Mapping[str, Any]

UNFINISHED = frozenset({"waiting", "running"})


@dataclass(frozen=True, slots=True)
class Passage:
    """What became of one archive or recording at one stage.

    Attributes:
        id: Archive or recording id.
        state: ``done`` or ``quarantined``.
        code_version: Of the code and configuration that did it.
        started_at: UTC.
        finished_at: UTC.
        reason: Reason code when quarantined.
        detail: For a person, when quarantined.
        byte_offset: Where in the raw bytes.
        frame: Frame number.
        evidence: Bytes found there.
        bytes_in: Bytes read.
        bytes_out: Bytes written.
        rows_in: Rows read.
        rows_out: Rows written.
        output_path: Path in the lake.
        output_digest: SHA-256 of the output, or of what it was made from.
        facts: Measurements the stage's checks read.
    """

    id: str
    state: str
    code_version: str
    started_at: datetime
    finished_at: datetime
    reason: str | None = None
    detail: str | None = None
    byte_offset: int | None = None
    frame: int | None = None
    evidence: bytes | None = None
    bytes_in: int | None = None
    bytes_out: int | None = None
    rows_in: int | None = None
    rows_out: int | None = None
    output_path: str | None = None
    output_digest: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


def _passage_table(stage: str) -> tuple[Table, str]:
    if stage in ARCHIVE_STAGES:
        return tables.archive_stage, "archive_id"
    return tables.recording_stage, "recording_id"


def insert_new(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Inserts rows whose key is not there yet, and leaves the others alone."""
    if rows:
        connection.execute(_insert(connection, table).on_conflict_do_nothing(), list(rows))


def upsert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Inserts rows, or replaces the given columns where the key is there."""
    if not rows:
        return
    statement = _insert(connection, table)
    keys = [column.name for column in table.primary_key]
    changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(
        statement.on_conflict_do_update(index_elements=keys, set_=changed), list(rows)
    )


def _insert(connection: Connection, table: Table) -> Any:  # noqa: ANN401  (two unrelated types)
    """The dialect's own INSERT, which knows ON CONFLICT; PostgreSQL's takes a while to import."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    return sqlite.insert(table)


def rows(engine: Engine, statement: Select[Any]) -> list[Row]:
    """All rows of a SELECT, as mappings."""
    with reading(engine) as connection:
        return [dict(row._mapping) for row in connection.execute(statement)]


def pending(
    engine: Engine,
    stage: str,
    day: str,
    version: Callable[[Row], str],
    *,
    force: bool = False,
    only: Sequence[str] | None = None,
) -> list[Row]:
    """What a stage has still to do for a day.

    That is: whatever waits or was left running, and whatever other code finished or refused.

    Args:
        engine: The ledger's.
        stage: Its stage.
        day: Arrival day.
        version: The code version that finished work on a row must carry to count.
        force: Take finished work too.
        only: Archive or recording ids to keep to; None for all.

    Returns:
        Columns of archive or recording with state and code version, oldest first. For recordings
        the output of the stage before is ``input_path``, ``input_digest`` and ``input_facts``.
    """
    table, key = _passage_table(stage)
    thing = tables.archive if stage in ARCHIVE_STAGES else tables.recording
    statement = (
        select(thing, table.c.state, table.c.code_version, table.c.attempts)
        .join(table, table.c[key] == thing.c.id)
        .where(table.c.stage == stage, table.c.arrival_day == day)
        .where(table.c.state != "written_off")
        .order_by(thing.c.arrived_at, thing.c.id)
    )
    wanted = None if only is None else set(only)
    found = [
        row
        for row in rows(engine, statement)
        if (wanted is None or row["id"] in wanted)
        and (force or row["state"] in UNFINISHED or row["code_version"] != version(row))
    ]
    return _with_input(engine, stage, day, found)


def _with_input(engine: Engine, stage: str, day: str, found: list[Row]) -> list[Row]:
    before = STAGES[STAGES.index(stage) - 1]
    if stage in ARCHIVE_STAGES or before in ARCHIVE_STAGES or not found:
        return found
    inputs = {row["recording_id"]: row for row in passages(engine, before, day)}
    return [
        {
            **row,
            "input_path": inputs[row["id"]]["output_path"],
            "input_digest": inputs[row["id"]]["output_digest"],
            "input_facts": inputs[row["id"]]["facts"],
            "input_rows": inputs[row["id"]]["rows_out"],
        }
        for row in found
        if row["id"] in inputs
    ]


def passages(
    engine: Engine, stage: str, day: str, states: Sequence[str] | None = None
) -> list[Row]:
    """All passages of a stage and day, with what is known of each thing and its archive's name."""
    table, key = _passage_table(stage)
    thing = tables.archive if stage in ARCHIVE_STAGES else tables.recording
    archive = tables.archive.alias("origin")
    origin = thing.c.id if stage in ARCHIVE_STAGES else thing.c.archive_id
    statement = (
        select(
            table,
            *(c for c in thing.c if c.name not in table.c),
            archive.c.name.label("archive_name"),
        )
        .join(thing, table.c[key] == thing.c.id)
        .outerjoin(archive, archive.c.id == origin)
        .where(table.c.stage == stage, table.c.arrival_day == day)
        .order_by(thing.c.arrived_at, thing.c.id)
    )
    if states is not None:
        statement = statement.where(table.c.state.in_(states))
    return rows(engine, statement)


def begin(engine: Engine, stage: str, ids: Sequence[str], run_id: str, at: datetime) -> None:
    """Marks things as running in one transaction."""
    table, key = _passage_table(stage)
    statement = (
        update(table)
        .where(table.c[key] == bindparam("thing"), table.c.stage == stage)
        .values(state="running", run_id=run_id, started_at=at, attempts=table.c.attempts + 1)
    )
    if ids:
        with writing(engine) as connection:
            connection.execute(statement, [{"thing": thing} for thing in ids])


def finish(engine: Engine, stage: str, day: str, run_id: str, passed: Sequence[Passage]) -> None:
    """Writes what became of things, and hands what is done to the next stage, in one transaction.

    The next stage starts anew on what it had already done only when its input changed.
    """
    with writing(engine) as connection:
        finish_in(connection, stage, day, run_id, passed)


def finish_in(
    connection: Connection, stage: str, day: str, run_id: str, passed: Sequence[Passage]
) -> None:
    """:func:`finish` inside a transaction of the caller's."""
    if not passed:
        return
    table, key = _passage_table(stage)
    changed = _changed(connection, table, key, stage, passed)
    upsert(connection, table, [_row(key, stage, day, run_id, passage) for passage in passed])
    following = after(stage)
    if following is not None and stage != "extract":
        ids = [passage.id for passage in passed if passage.state == "done"]
        hand_over(connection, following, day, ids, again=changed)
        _withdraw(connection, stage, [p.id for p in passed if p.state == "quarantined"])


def _withdraw(connection: Connection, stage: str, ids: Sequence[str]) -> None:
    """Takes what is refused now, and was not before, out of the stages after.

    They had it from here, and here it is no longer done: their accounts would not balance.
    """
    later = [s for s in STAGES[STAGES.index(stage) + 1 :] if s not in ARCHIVE_STAGES]
    table = tables.recording_stage
    for start in range(0, len(ids), 500) if stage not in ARCHIVE_STAGES else ():
        chunk = ids[start : start + 500]
        connection.execute(
            delete(table).where(table.c.recording_id.in_(chunk), table.c.stage.in_(later))
        )


def _changed(
    connection: Connection, table: Table, key: str, stage: str, passed: Sequence[Passage]
) -> set[str]:
    """Ids whose output is not what the ledger last knew."""
    known: dict[str, str | None] = {}
    ids = [passage.id for passage in passed]
    for start in range(0, len(ids), 500):
        statement = select(table.c[key], table.c.output_digest).where(
            table.c.stage == stage, table.c[key].in_(ids[start : start + 500])
        )
        known.update((row[0], row[1]) for row in connection.execute(statement))
    return {p.id for p in passed if known.get(p.id) != p.output_digest}


def _row(key: str, stage: str, day: str, run_id: str, passage: Passage) -> Row:
    fields = {name: getattr(passage, name) for name in Passage.__slots__ if name != "id"}
    fields["facts"] = dict(passage.facts)
    return {key: passage.id, "stage": stage, "arrival_day": day, "run_id": run_id, **fields}


def hand_over(
    connection: Connection,
    stage: str,
    day: str,
    ids: Iterable[str],
    *,
    again: set[str] | None = None,
) -> None:
    """Puts things before a stage, waiting.

    Args:
        connection: Inside a transaction.
        stage: The stage that is to work on them.
        day: Arrival day.
        ids: Archive or recording ids.
        again: Those whose earlier work there no longer counts.
    """
    table, key = _passage_table(stage)
    waiting = [
        {key: i, "stage": stage, "arrival_day": day, "state": "waiting", "attempts": 0} for i in ids
    ]
    insert_new(connection, table, waiting)
    redo = [{"thing": row[key]} for row in waiting if again and row[key] in again]
    if redo:
        statement = update(table).where(
            table.c[key] == bindparam("thing"),
            table.c.stage == stage,
            (table.c.state == "done") | (table.c.state == "quarantined"),
        )
        connection.execute(statement.values(state="waiting"), redo)


def accounts(engine: Engine, day: str | None = None) -> list[Account]:
    """The account of every stage and day, in stage order, all of one moment."""
    with snapshot(engine) as connection:
        return accounts_in(connection, day)


def accounts_in(connection: Connection, day: str | None = None) -> list[Account]:
    """:func:`accounts` inside a snapshot of the caller's: a handful of grouped queries."""
    states = _states(connection, day)
    arrivals, duplicates = _arrivals(connection, day)
    repeated = _repeated(connection, day)
    redone = _redone(connection, day)
    days = sorted({d for _, d in states} | set(arrivals))
    made = []
    for each in days:
        incoming = arrivals.get(each, 0)
        for stage in STAGES:
            by_state = states.get((stage, each), {})
            again = {"download": duplicates, "parse": repeated}.get(stage, {}).get(each, 0)
            if stage == "parse":
                incoming = _recordings_in(states, repeated, each)
            incoming += redone.get((stage, each), 0)
            made.append(account(stage, each, incoming, by_state, again))
            incoming = by_state.get("done", 0)
    return sorted(made, key=lambda a: (STAGES.index(a.stage), a.arrival_day))


_MEMBERS = "members"


def _recordings_in(
    states: Mapping[tuple[str, str], Mapping[str, int]], repeated: Mapping[str, int], day: str
) -> int:
    return states.get((_MEMBERS, day), {}).get("recording", 0) + repeated.get(day, 0)


def _states(connection: Connection, day: str | None) -> dict[tuple[str, str], dict[str, int]]:
    found: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for table in (tables.archive_stage, tables.recording_stage):
        statement = select(
            table.c.stage, table.c.arrival_day, table.c.state, func.count()
        ).group_by(table.c.stage, table.c.arrival_day, table.c.state)
        if day is not None:
            statement = statement.where(table.c.arrival_day == day)
        for stage, each, state, count in connection.execute(statement):
            found[stage, each][state] = count
    member = tables.member
    statement = select(member.c.arrival_day, member.c.outcome, func.count()).group_by(
        member.c.arrival_day, member.c.outcome
    )
    if day is not None:
        statement = statement.where(member.c.arrival_day == day)
    for each, outcome, count in connection.execute(statement):
        found[_MEMBERS, each][outcome] = count
    return found


def _redone(connection: Connection, day: str | None) -> dict[tuple[str, str], int]:
    """Things at a stage that the stage before, which gave them, works on again just now."""
    before, here = tables.recording_stage.alias("before"), tables.recording_stage.alias("here")
    steps = [
        (before.c.stage == first) & (here.c.stage == second)
        for first, second in pairwise(RECORDING_STAGES)
    ]
    statement = (
        select(here.c.stage, here.c.arrival_day, func.count())
        .join(here, before.c.recording_id == here.c.recording_id)
        .where(before.c.state.in_(UNFINISHED), or_(*steps))
        .group_by(here.c.stage, here.c.arrival_day)
    )
    if day is not None:
        statement = statement.where(here.c.arrival_day == day)
    return {(stage, each): count for stage, each, count in connection.execute(statement)}


def _arrivals(connection: Connection, day: str | None) -> tuple[dict[str, int], dict[str, int]]:
    table = tables.arrival
    statement = select(table.c.arrival_day, table.c.outcome, func.count()).group_by(
        table.c.arrival_day, table.c.outcome
    )
    if day is not None:
        statement = statement.where(table.c.arrival_day == day)
    everything: dict[str, int] = defaultdict(int)
    duplicates: dict[str, int] = defaultdict(int)
    for each, outcome, count in connection.execute(statement):
        everything[each] += count
        if outcome == "duplicate":
            duplicates[each] += count
    return everything, duplicates


def _repeated(connection: Connection, day: str | None) -> dict[str, int]:
    table = tables.member
    statement = (
        select(table.c.arrival_day, func.count())
        .where(table.c.outcome == "duplicate")
        .group_by(table.c.arrival_day)
    )
    if day is not None:
        statement = statement.where(table.c.arrival_day == day)
    return {each: count for each, count in connection.execute(statement)}


def days(engine: Engine) -> list[str]:
    """Every arrival day the ledger knows, oldest first."""
    column = tables.arrival.c.arrival_day
    return [row["arrival_day"] for row in rows(engine, select(column).distinct().order_by(column))]


def unsettled_days(engine: Engine, max_attempts: int | None = None) -> list[str]:
    """Days on which something waits, or was left running by a run that is gone.

    Args:
        engine: The ledger's.
        max_attempts: Leave out what was tried this often: a person has to look.
    """
    found: set[str] = set()
    for table in (tables.archive_stage, tables.recording_stage):
        statement = select(table.c.arrival_day).distinct().where(table.c.state.in_(UNFINISHED))
        if max_attempts is not None:
            statement = statement.where(table.c.attempts < max_attempts)
        found |= {row["arrival_day"] for row in rows(engine, statement)}
    return sorted(found)
