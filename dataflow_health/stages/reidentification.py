"""Takes over a refused recording whose bytes arrive again under another name.

A recording is known by its bytes, so the same bytes are a duplicate. When the ones that came first
were refused, and the new names say another aircraft, layout, recorder or start, the new names may
be right: the recording becomes that of the new archive and is parsed again.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from dataflow_health.storage.ledger.states import SET_ASIDE
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import Values

_IDENTITY = ("recorder", "layout", "tail", "named_tail", "named_started_at")


def take_over(connection: Connection, row: Values, at: datetime) -> bool:
    """Gives a refused recording the names under which its bytes arrived again.

    An archive that arrived before the recording's present one, and is only read again, takes
    nothing over.

    Args:
        connection: An open transaction.
        row: The recording as its new archive and member say.
        at: Time of the take-over, UTC: from now on it waits for parse.

    Returns:
        Whether it was taken over.
    """
    recording = tables.recording
    own = recording.c.id == row["id"]
    present = connection.execute(select(recording).where(own)).one()
    if not _is_identified_anew(present, row) or not _is_refused(connection, row["id"]):
        return False
    connection.execute(update(recording).where(own).values(**row))
    _mark_duplicate(connection, present)
    parse = tables.recording_stage
    again = {"arrival_day": row["arrival_day"], "state": "waiting", "queued_at": at, "attempts": 0}
    connection.execute(
        update(parse)
        .where(parse.c.recording_id == row["id"], parse.c.stage == "parse")
        .values(again)
    )
    return True


def _is_identified_anew(present: Row[Any], row: Values) -> bool:
    differs = any(getattr(present, name) != row[name] for name in _IDENTITY)
    return differs and row["arrived_at"] >= present.arrived_at


def _is_refused(connection: Connection, recording_id: str) -> bool:
    work = tables.recording_stage
    states = select(work.c.state).where(work.c.recording_id == recording_id)
    at_parse = states.where(work.c.stage == "parse", work.c.state.in_(SET_ASIDE))
    return connection.execute(at_parse).first() is not None


def _mark_duplicate(connection: Connection, present: Row[Any]) -> None:
    """The member that brought the recording first; the new one's row is written after it."""
    member = tables.member
    connection.execute(
        update(member)
        .where(member.c.archive_id == present.archive_id, member.c.path == present.member)
        .values(outcome="duplicate")
    )
