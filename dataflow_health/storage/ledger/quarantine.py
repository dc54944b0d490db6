"""Quarantine: what stages refused, and the operator's actions on it: replay and write-off.

The original bytes never change. An action changes the state, and the audit log says who did it,
when and why.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Select,
    Table,
    func,
    select,
    update,
)

from dataflow_health.errors import NotFound
from dataflow_health.health.problem import QuarantineCount
from dataflow_health.storage.ledger import aircraft, day_counts, stage_records
from dataflow_health.storage.ledger.ledger import stage_table
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.ledger.stage_records import StageRecord
from dataflow_health.storage.ledger.states import REFUSED, SET_ASIDE, State
from dataflow_health.storage.records import audit_log
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import chunks, fetch

SHORTEST_ID = 6
"""Digits of an id that are enough to look it up."""


def find(
    engine: Engine,
    *,
    states: Sequence[State] = REFUSED,
    stage: str | None = None,
    day: str | None = None,
    tail: str | None = None,
    reason_code: str | None = None,
    prefix: str = "",
) -> list[StageRecord]:
    """Stage records in some states, oldest arrival first.

    Args:
        engine: Database of the ledger.
        states: The states.
        stage: Only this stage.
        day: Only this arrival day.
        tail: Only this aircraft; archives that are named for it.
        reason_code: Only this reason code.
        prefix: Only ids that begin with it.

    Raises:
        DatabaseError: The database does not answer.
    """
    found = stage_records.find(engine, stage=stage, day=day, states=states)
    return [
        each
        for each in found
        if each.id.startswith(prefix)
        and belongs_to(each, tail)
        and reason_code in (None, each.reason or "unknown")
    ]


def belongs_to(record: StageRecord, tail: str | None) -> bool:
    """Whether a record is an aircraft's: by a recording's tail, by an archive's name."""
    if tail is None or record.tail == tail:
        return True
    return not record.tail and aircraft.is_named_for(record.archive or "", tail)


def get(engine: Engine, prefix: str, states: Sequence[State] = SET_ASIDE) -> StageRecord:
    """The only record in some states whose id begins with a prefix.

    Raises:
        NotFound: There is none, there are several, or the prefix is too short.
        DatabaseError: The database does not answer.
    """
    if len(prefix) < SHORTEST_ID:
        raise NotFound(f"{prefix!r} is too short for an id: give {SHORTEST_ID} digits or more")
    found = find(engine, states=states, prefix=prefix.lower())
    if not found:
        raise NotFound(f"nothing in quarantine has an id that begins with {prefix}")
    if len(found) > 1:
        which = ", ".join(f"{each.id[:16]} at {each.stage}" for each in found[:5])
        raise NotFound(f"{len(found)} ids begin with {prefix}: {which}")
    return found[0]


def requeue(
    engine: Engine,
    records: Sequence[StageRecord],
    operator: Operator,
    *,
    action: str,
    reason: str,
    at: datetime,
    layout: str | None = None,
) -> int:
    """Puts records back before their stage, waiting, with no attempts counted.

    Args:
        engine: Database of the ledger.
        records: What to put back; a record whose state changed meanwhile is left as it is.
        operator: Who does it.
        action: ``rerun`` or ``replay``.
        reason: Reason for the audit log.
        at: Time of the action, UTC.
        layout: New layout of the recordings' frames; archives have none.

    Returns:
        Number of records put back.

    Raises:
        DatabaseError: The database does not answer.
    """
    with writing(engine) as connection:
        return requeue_in(
            connection, records, operator, action=action, reason=reason, at=at, layout=layout
        )


def requeue_in(
    connection: Connection,
    records: Sequence[StageRecord],
    operator: Operator,
    *,
    action: str,
    reason: str,
    at: datetime,
    layout: str | None = None,
) -> int:
    """As :func:`requeue`, in an open transaction."""
    return _change_state(connection, records, "waiting", operator, action, reason, at, layout)


def write_off(
    engine: Engine, records: Sequence[StageRecord], operator: Operator, *, reason: str, at: datetime
) -> int:
    """Gives records up; returns how many, without those whose state changed meanwhile.

    Raises:
        DatabaseError: The database does not answer.
    """
    with writing(engine) as connection:
        return _change_state(
            connection, records, "written_off", operator, "write_off", reason, at, None
        )


def counts(engine: Engine) -> tuple[QuarantineCount, ...]:
    """Archives and recordings in quarantine by stage and reason.

    Raises:
        DatabaseError: The database does not answer.
    """
    work, recording = tables.recording_stage, tables.recording
    recordings = _grouped(work, recording.c.tail).join(
        recording, recording.c.id == work.c.recording_id
    )
    found: dict[tuple[str, str], list[Row[Any]]] = defaultdict(list)
    statements = ((_grouped(tables.archive_stage), tables.archive_stage), (recordings, work))
    for statement, table in statements:
        for condition in day_counts.conditions(engine, REFUSED, table):
            for row in fetch(engine, statement.where(condition)):
                found[row.stage, row.reason or "unknown"].append(row)
    return tuple(
        QuarantineCount(
            process=stage,
            reason=reason,
            failures=sum(row.number for row in rows),
            tails=tuple(sorted({getattr(row, "tail", "") for row in rows} - {""})),
            days=tuple(sorted({date.fromisoformat(row.arrival_day) for row in rows})),
        )
        for (stage, reason), rows in found.items()
    )


def _grouped(table: Table, *keys: ColumnElement[str]) -> Select[Any]:
    group = (table.c.stage, table.c.reason, table.c.arrival_day, *keys)
    statement = select(*group, func.count().label("number"))
    return statement.where(table.c.state == "quarantined").group_by(*group)


def _change_state(
    connection: Connection,
    records: Sequence[StageRecord],
    state: State,
    operator: Operator,
    action: str,
    reason: str,
    at: datetime,
    layout: str | None,
) -> int:
    changed: list[str] = []
    for stage, chunk in _by_stage(records):
        ids = _change(connection, stage, chunk, state, at)
        if layout is not None and not chunk[0].is_archive:
            column = tables.recording.c.id
            connection.execute(
                update(tables.recording).where(column.in_(ids)).values(layout=layout)
            )
        changed += [f"{stage}/{each}" for each in ids]
    audit_log.append(connection, operator, action, changed, reason, at)
    return len(changed)


def _change(
    connection: Connection,
    stage: str,
    chunk: Sequence[StageRecord],
    state: State,
    at: datetime,
) -> list[str]:
    """Ids that still had the state they were read in; reason and evidence stay."""
    table, key = stage_table(stage)
    matching = (
        table.c.stage == stage,
        table.c[key].in_([each.id for each in chunk]),
        table.c.state.in_({each.state for each in chunk}),
    )
    ids = [row[0] for row in connection.execute(select(table.c[key]).where(*matching))]
    values: dict[str, Any] = {"state": state}
    if state == "waiting":
        values |= {"attempts": 0, "queued_at": at}
    connection.execute(update(table).where(*matching).values(values))
    return ids


def _by_stage(records: Sequence[StageRecord]) -> Iterator[tuple[str, Sequence[StageRecord]]]:
    for stage in STAGES:
        for chunk in chunks([each for each in records if each.stage == stage]):
            yield stage, chunk
