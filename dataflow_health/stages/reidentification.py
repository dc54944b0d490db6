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
_PLACE = ("archive_id", "member")


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
    if all(getattr(present, name) == row[name] for name in _PLACE):
        row = {**row, "layout": present.layout}  # an operator may have chosen it
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


def rename_refused(connection: Connection, archive_id: str, name: str, at: datetime) -> bool:
    """Gives a refused archive the name under which the same bytes arrived again.

    It waits for extract again, which reads aircraft, recorder and start from the new name.

    Args:
        connection: An open transaction.
        archive_id: The archive.
        name: Its name at the source now.
        at: Time of the change, UTC.

    Returns:
        Whether the name was another one, and the archive or one of its recordings was refused.
    """
    archive, extract = tables.archive, tables.archive_stage
    other_name = select(archive.c.id).where(archive.c.id == archive_id, archive.c.name != name)
    if connection.execute(other_name).first() is None:
        return False
    recordings = select(tables.recording.c.id).where(tables.recording.c.archive_id == archive_id)
    at_extract = (extract.c.archive_id == archive_id, extract.c.stage == "extract")
    set_aside = select(extract.c.state).where(*at_extract, extract.c.state.in_(SET_ASIDE))
    if connection.execute(set_aside).first() is None and not any(
        _is_refused(connection, each) for each in connection.scalars(recordings).all()
    ):
        return False
    connection.execute(update(archive).where(archive.c.id == archive_id).values(name=name))
    again = {"state": "waiting", "queued_at": at, "attempts": 0}
    connection.execute(update(extract).where(*at_extract).values(again))
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
