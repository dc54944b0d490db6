"""The newest recording of each aircraft that has parameters."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Engine, Row, select

from dataflow_health.storage.queries import known_tails
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch

MAX_OF_ONE_ARRIVAL = 100
"""Recordings of one aircraft among which the newest is looked for; one card holds fewer."""


class NewestFlight(NamedTuple):
    """A recording.

    Attributes:
        id: Recording id.
        tail: Aircraft.
        arrived_at: Arrival time of its archive, UTC.
    """

    id: str
    tail: str
    arrived_at: datetime


def read(engine: Engine, tail: str = "") -> Iterator[NewestFlight]:
    """The newest recording of each aircraft, by tail.

    Of recordings that arrived at the same time, as those of one card, it is the one that began
    last, by its clock, else by its name.

    Args:
        engine: Database of the ledger.
        tail: Only of this aircraft; empty for all.

    Raises:
        DatabaseError: The database does not answer.
    """
    for each in [tail] if tail else sorted(known_tails.read(engine)):
        if found := _newest(engine, each):
            yield found


def _newest(engine: Engine, tail: str) -> NewestFlight | None:
    recording = tables.recording
    compressed, parsed = tables.recording_stage.alias(), tables.recording_stage.alias()
    of_compress = (compressed.c.recording_id == recording.c.id) & (compressed.c.stage == "compress")
    of_parse = (parsed.c.recording_id == recording.c.id) & (parsed.c.stage == "parse")
    statement = (
        select(
            recording.c.id, recording.c.arrived_at, recording.c.member,
            recording.c.named_started_at, parsed.c.measurements["started_at"].label("started_at"),
        )
        .join(compressed, of_compress)
        .outerjoin(parsed, of_parse)
        .where(
            recording.c.tail == tail,
            compressed.c.output_path.is_not(None),
            compressed.c.file_removed_at.is_(None),
        )
        .order_by(recording.c.arrived_at.desc())
        .limit(MAX_OF_ONE_ARRIVAL)
    )  # fmt: skip
    rows = fetch(engine, statement)
    same = [row for row in rows if row.arrived_at == rows[0].arrived_at]
    if not same:
        return None
    newest = max(same, key=_start)
    return NewestFlight(newest.id, tail, newest.arrived_at)


def _start(row: Row[Any]) -> tuple[str, str]:
    """Start by the recorder's clock, else by the file's name; of equal ones the name decides."""
    named = row.named_started_at
    return str(row.started_at or (named.isoformat() if named else "")), row.member
