"""What stages refused, and what becomes of it: waiting again, or written off by somebody.

Original bytes are never touched here: a state changes, and the audit says who changed it and why.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Select, Table, func, literal, select, update

from dataflow_health.errors import NotFound
from dataflow_health.storage.ledger.ledger import Row, rows
from dataflow_health.storage.ledger.stage_order import ARCHIVE_STAGES, STAGES
from dataflow_health.storage.records import audit_log
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing

CHUNK = 500
"""Ids named in one statement: below SQLite's limit of bound parameters."""
SHORTEST_ID = 6
REFUSED = ("quarantined",)
PUT_ASIDE = ("quarantined", "written_off")
UNDONE = ("quarantined", "waiting", "running")

_WORK = ("stage", "state", "reason", "detail", "byte_offset", "frame", "evidence", "code_version",
         "run_id", "attempts", "started_at", "finished_at")  # fmt: skip


def find(
    engine: Engine,
    *,
    states: Sequence[str] = REFUSED,
    stage: str | None = None,
    day: str | None = None,
    tail: str | None = None,
    prefix: str = "",
) -> list[Row]:
    """Things in some states, oldest first.

    Args:
        engine: The ledger's.
        states: Which.
        stage: Only at this stage.
        day: Only of this arrival day.
        tail: Only of this aircraft; of archives, those whose name tells it.
        prefix: Only ids that begin so.

    Returns:
        ``id``, ``thing`` (archive or recording), ``tail``, ``archive``, ``member``, ``recorder``,
        ``layout``, ``path`` of the original bytes' archive, ``size_bytes``, ``arrival_day``,
        ``arrived_at`` and the columns of the passage.
    """
    found: list[Row] = []
    for statement, table in (_archives(), _recordings()):
        chosen = statement.where(table.c.state.in_(states))
        for column, wanted in ((table.c.stage, stage), (table.c.arrival_day, day)):
            if wanted is not None:
                chosen = chosen.where(column == wanted)
        found += rows(engine, chosen)
    return sorted(
        (row for row in found if row["id"].startswith(prefix) and is_of(row, tail)),
        key=lambda row: (row["arrived_at"], row["id"], STAGES.index(row["stage"])),
    )


def is_of(row: Row, tail: str | None) -> bool:
    """Whether a thing is an aircraft's: a recording's tail says so, of archives the name."""
    return tail is None or row["tail"] == tail or (not row["tail"] and tail in row["archive"])


def one(engine: Engine, prefix: str, states: Sequence[str] = PUT_ASIDE) -> Row:
    """The one thing put aside whose id begins so.

    Raises:
        NotFound: None does, or several do.
    """
    if len(prefix) < SHORTEST_ID:
        raise NotFound(f"{prefix!r} is too short for an id: give {SHORTEST_ID} digits or more")
    found = find(engine, states=states, prefix=prefix.lower())
    if not found:
        raise NotFound(f"nothing in quarantine has an id that begins with {prefix}")
    if len(found) > 1:
        which = ", ".join(f"{row['id'][:16]} at {row['stage']}" for row in found[:5])
        raise NotFound(f"{len(found)} ids begin with {prefix}: {which}")
    return found[0]


def requeue(
    engine: Engine,
    things: Sequence[Row],
    operator: Operator,
    *,
    action: str,
    reason: str,
    at: datetime,
    layout: str | None = None,
) -> int:
    """Puts things back before their stage, waiting, with their attempts counted anew.

    Args:
        engine: The ledger's.
        things: Rows of :func:`find`.
        operator: Who asks.
        action: ``rerun`` or ``replay``.
        reason: Why.
        at: The moment.
        layout: Frames are to be read by this layout from now on; only recordings have one.

    Returns:
        How many were put back; what changed since it was read is left alone.
    """
    return _settle(engine, things, "waiting", operator, action, reason, at, layout)


def write_off(
    engine: Engine, things: Sequence[Row], operator: Operator, *, reason: str, at: datetime
) -> int:
    """Gives things up, for a reason somebody answers for; gives how many."""
    return _settle(engine, things, "written_off", operator, "write_off", reason, at, None)


def tally(engine: Engine) -> list[Row]:
    """How many wait in quarantine: ``stage, reason, tail, arrival_day, n, oldest_at``."""
    found: list[Row] = []
    for statement, table in (_archives(), _recordings()):
        waiting = statement.where(table.c.state == "quarantined").subquery()
        by = [waiting.c[name] for name in ("stage", "reason", "tail", "arrival_day")]
        counted = select(
            *by, func.count().label("n"), func.min(waiting.c.arrived_at).label("oldest_at")
        )
        found += rows(engine, counted.group_by(*by))
    return found


def _settle(
    engine: Engine,
    things: Sequence[Row],
    state: str,
    operator: Operator,
    action: str,
    reason: str,
    at: datetime,
    layout: str | None,
) -> int:
    changed: list[str] = []
    with writing(engine) as connection:
        for table, key, stage, chunk in _by_stage(things):
            done = _change(connection, table, key, stage, chunk, state)
            if layout is not None and table is tables.recording_stage:
                column = tables.recording.c.id
                connection.execute(
                    update(tables.recording).where(column.in_(done)).values(layout=layout)
                )
            changed += [f"{stage}/{thing}" for thing in done]
        audit_log.write(connection, operator, action, changed, reason, at)
    return len(changed)


def _change(
    connection: Connection, table: Table, key: str, stage: str, chunk: Sequence[Row], state: str
) -> list[str]:
    """Ids that were still as read; reason and evidence stay until the stage speaks again."""
    was = {row["state"] for row in chunk}
    matching = (
        table.c.stage == stage,
        table.c[key].in_([row["id"] for row in chunk]),
        table.c.state.in_(was),
    )
    ids = [row[0] for row in connection.execute(select(table.c[key]).where(*matching))]
    values: dict[str, Any] = {"state": state}
    if state == "waiting":
        values["attempts"] = 0
    connection.execute(update(table).where(*matching).values(values))
    return ids


def _by_stage(things: Sequence[Row]) -> Iterator[tuple[Table, str, str, Sequence[Row]]]:
    for stage in STAGES:
        here = [row for row in things if row["stage"] == stage]
        whole = stage in ARCHIVE_STAGES
        table = tables.archive_stage if whole else tables.recording_stage
        key = "archive_id" if whole else "recording_id"
        for start in range(0, len(here), CHUNK):
            yield table, key, stage, here[start : start + CHUNK]


def _archives() -> tuple[Select[Any], Table]:
    work, archive = tables.archive_stage, tables.archive
    statement = select(
        archive.c.id, archive.c.name.label("archive"), archive.c.path, archive.c.size_bytes,
        archive.c.source, archive.c.arrived_at, work.c.arrival_day,
        *(work.c[name] for name in _WORK),
    ).join(archive, work.c.archive_id == archive.c.id)  # fmt: skip
    return _named(statement, thing="archive", tail="", member="", recorder="", layout=""), work


def _recordings() -> tuple[Select[Any], Table]:
    work, recording, archive = tables.recording_stage, tables.recording, tables.archive
    statement = (
        select(
            recording.c.id, recording.c.tail, recording.c.member, recording.c.recorder,
            recording.c.layout, recording.c.size_bytes, recording.c.arrived_at,
            archive.c.name.label("archive"), archive.c.path, archive.c.source, work.c.arrival_day,
            *(work.c[name] for name in _WORK),
        )
        .join(recording, work.c.recording_id == recording.c.id)
        .outerjoin(archive, recording.c.archive_id == archive.c.id)
    )  # fmt: skip
    return _named(statement, thing="recording"), work


def _named(statement: Select[Any], **constants: str) -> Select[Any]:
    return statement.add_columns(*(literal(v).label(name) for name, v in constants.items()))
