"""What recordings hold of flights, as the stage store measured it."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Engine, Row, select

from dataflow_health.health.recorded_flight import RecordedFlight
from dataflow_health.storage.ledger.states import UNFINISHED
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import chunks, fetch

LOOK_BACK = timedelta(days=7)
"""Time before a late card's flight in which the flights that it follows arrived."""


def read(engine: Engine, since_day: str) -> Mapping[str, Sequence[RecordedFlight]]:
    """Recorded flights by aircraft; a recording whose start is unknown is left out.

    One that is stored again keeps its place meanwhile. A late card's flight comes with those around
    it in time, which arrived before.

    Args:
        engine: Database of the ledger.
        since_day: First arrival day that counts.

    Raises:
        DatabaseError: The database does not answer.
    """
    work, recording = tables.recording_stage, tables.recording
    lately = work.c.arrival_day >= since_day
    found: dict[str, list[RecordedFlight]] = defaultdict(list)
    _add(found, engine, lately)
    for tails, from_day in _late_cards(found, since_day):
        before = (work.c.arrival_day >= from_day) & (work.c.arrival_day < since_day)
        _add(found, engine, before, recording.c.tail.in_(tails))
    return found


def _late_cards(
    found: Mapping[str, Sequence[RecordedFlight]], since_day: str
) -> Sequence[tuple[Collection[str], str]]:
    """Aircraft with flights before a day, in chunks, each with the first day around them."""
    since = date.fromisoformat(since_day)
    earliest = {tail: min(each.started_at.date() for each in found[tail]) for tail in found}
    late = {tail: first for tail, first in earliest.items() if first < since}
    return [
        (tails, (min(late[tail] for tail in tails) - LOOK_BACK).isoformat())
        for tails in chunks(sorted(late))
    ]


def _add(
    found: dict[str, list[RecordedFlight]], engine: Engine, *conditions: ColumnElement[bool]
) -> None:
    """Adds the flights of recordings for which all conditions hold."""
    work, recording = tables.recording_stage, tables.recording
    statement = (
        select(
            recording.c.id,
            recording.c.tail,
            recording.c.recorder,
            recording.c.arrived_at,
            work.c.measurements["flight"].label("flight"),
        )
        .join(recording, recording.c.id == work.c.recording_id)
        .where(work.c.stage == "store", work.c.state.in_(("done", *UNFINISHED)), *conditions)
    )
    for row in fetch(engine, statement):
        if row.flight and row.flight["started_at"]:
            found[row.tail].append(_flight(row))


def _flight(row: Row[Any]) -> RecordedFlight:
    started_at = datetime.fromisoformat(row.flight["started_at"])
    return RecordedFlight(
        recording_id=row.id,
        tail=row.tail,
        segment=row.flight["segment"],
        recorded_s=row.flight["recorded_s"],
        flown_s=row.flight["flown_s"],
        started_at=started_at,
        ended_at=started_at + timedelta(seconds=row.flight["duration_s"]),
        arrived_at=row.arrived_at,
        recorder=row.recorder,
        format=row.flight.get("format", ""),
        software=row.flight.get("software"),
        declared=row.flight.get("declared", ""),
    )
