"""Takes over a refused recording whose bytes arrive again under another name.

A recording is known by its bytes, so the same bytes are a duplicate. When the ones that came first
were refused, and the new names say another aircraft, layout, recorder or start, the new names may
be right: the recording becomes that of the new archive and is parsed again.

Of several names that arrive before the first parse, the earliest is tried first. When parse refuses
it, the archives with later names are read again, so that the next name takes the recording over.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, select, update

from dataflow_health.storage.ledger.states import SET_ASIDE
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import Values, fetch

_IDENTITY = ("recorder", "layout", "tail", "named_tail", "named_started_at")
_PLACE = ("archive_id", "member")


def take_over(connection: Connection, row: Values, at: datetime) -> bool:
    """Gives a refused recording the names under which its bytes arrived again.

    An archive that arrived before the recording's present one, and is only read again, takes
    nothing over from a refused one. The earliest name takes over one that was never parsed.

    Args:
        connection: An open transaction.
        row: The recording as its new archive and member say; the member's own row is not written.
        at: Time of the take-over, UTC: from now on it waits for parse.

    Returns:
        Whether it was taken over.
    """
    recording = tables.recording
    own = recording.c.id == row["id"]
    present = connection.execute(select(recording).where(own)).one()
    if all(getattr(present, name) == row[name] for name in _PLACE):
        row = {**row, "layout": present.layout}  # an operator may have chosen it
    if all(getattr(present, name) == row[name] for name in _IDENTITY):
        return False
    if not (
        _may_replace_refused_name(connection, present, row)
        or _is_earlier_name_of_unparsed(connection, present, row)
    ):
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


def read_other_names(engine: Engine, day: str, run_id: str, at: datetime) -> None:
    """Has the later archives of the bytes that a run of parse refused read again.

    Args:
        engine: Database of the ledger.
        day: Arrival day of the run.
        run_id: The run.
        at: Current time, UTC: from now on the archives wait for extract.

    Raises:
        DatabaseError: The ledger does not answer.
    """
    recording, member, archive = tables.recording, tables.member, tables.archive
    work, extract = tables.recording_stage, tables.archive_stage
    statement = (
        select(
            *recording.c["archive_id", "member", "arrived_at"],
            *(archive.c.id, archive.c.arrived_at.label("named_at"), member.c.path),
        )
        .join(work, work.c.recording_id == recording.c.id)
        .join(member, member.c.recording_id == recording.c.id)
        .join(archive, archive.c.id == member.c.archive_id)
        .where(work.c.stage == "parse", work.c.state == "quarantined", work.c.run_id == run_id)
        .where(work.c.arrival_day == day, member.c.outcome == "duplicate")
    )
    later = {
        row.id
        for row in fetch(engine, statement)
        if (row.named_at, row.id, row.path) > (row.arrived_at, row.archive_id, row.member)
    }
    if not later:
        return
    again = {"state": "waiting", "queued_at": at, "attempts": 0}
    with writing(engine) as connection:
        connection.execute(
            update(extract)
            .where(extract.c.archive_id.in_(later), extract.c.stage == "extract")
            .where(extract.c.state == "done")
            .values(again)
        )


def _may_replace_refused_name(connection: Connection, present: Row[Any], row: Values) -> bool:
    """Whether the present name was refused, and the row's came later or is read first now."""
    if not _is_refused(connection, row["id"]):
        return False
    member = tables.member
    own = (member.c.archive_id == row["archive_id"], member.c.path == row["member"])
    is_new = connection.execute(select(member.c.path).where(*own)).first() is None
    return is_new or row["arrived_at"] >= present.arrived_at


def _is_earlier_name_of_unparsed(connection: Connection, present: Row[Any], row: Values) -> bool:
    """Whether the row arrived before the recording's present name, which was never parsed."""
    present_order = (present.arrived_at, present.archive_id, present.member)
    if (row["arrived_at"], row["archive_id"], row["member"]) >= present_order:
        return False
    work = tables.recording_stage
    states = select(work.c.state).where(work.c.recording_id == row["id"], work.c.stage == "parse")
    unparsed = states.where(work.c.state == "waiting", work.c.attempts == 0)
    return connection.execute(unparsed).first() is not None


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
