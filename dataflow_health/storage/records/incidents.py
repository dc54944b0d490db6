"""Incidents, what was counted towards them, and the messages about them, in SQL."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from dataflow_health.errors import NotFound
from dataflow_health.health.incident import Incident, Streak
from dataflow_health.health.mute import Mute
from dataflow_health.health.notification_policy import Delivery
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import reading
from dataflow_health.storage.sql.statements import chunks, upsert

_COLUMNS = (
    "fingerprint", "process", "cause", "severity", "state", "flapping", "failures",
    "most_failures", "opened_at", "updated_at", "closed_at",
)  # fmt: skip


def open_ones(connection: Connection) -> dict[str, Incident]:
    """Every incident that has not ended, by fingerprint."""
    table = tables.incident
    found = connection.execute(select(table).where(table.c.closed_at.is_(None)))
    return {row.fingerprint: _incident(row) for row in found}


def mutes(engine: Engine) -> list[Mute]:
    """Every mute, expired ones of this minute too."""
    table = tables.incident
    statement = select(table).where(table.c.closed_at.is_(None), table.c.state == "muted")
    with reading(engine) as connection:
        found = [_incident(row) for row in connection.execute(statement)]
    return [
        Mute(
            process=each.process,
            cause=each.cause,
            until_at=each.muted_until,
            ticket=each.mute_ticket,
            who=each.muted_by,
        )
        for each in found
        if each.muted_until is not None
    ]


def one(connection: Connection, number: int) -> Incident:
    """The incident of a number.

    Raises:
        NotFound: There is none.
    """
    table = tables.incident
    row = connection.execute(select(table).where(table.c.id == number)).one_or_none()
    if row is None:
        raise NotFound(f"there is no incident {number}; dataflow-health incident list shows all")
    return _incident(row)


def find(
    engine: Engine,
    *,
    is_open: bool | None = None,
    process: str | None = None,
    since: datetime | None = None,
    before_id: int | None = None,
    limit: int = 100,
) -> list[Incident]:
    """Incidents, newest first.

    Args:
        engine: The ledger's.
        is_open: Only those that have, or have not, ended.
        process: Only those of this root process.
        since: Only those that were open, or ended, at or after this moment.
        before_id: Only older ones, to page on.
        limit: At most so many.
    """
    table = tables.incident
    statement = select(table).order_by(table.c.id.desc()).limit(limit)
    if is_open is not None:
        ended = table.c.closed_at
        statement = statement.where(ended.is_(None) if is_open else ended.is_not(None))
    if process is not None:
        statement = statement.where(table.c.process == process)
    if since is not None:
        statement = statement.where(table.c.closed_at.is_(None) | (table.c.closed_at >= since))
    if before_id is not None:
        statement = statement.where(table.c.id < before_id)
    with reading(engine) as connection:
        return [_incident(row) for row in connection.execute(statement)]


def keep(connection: Connection, incident: Incident) -> Incident:
    """Inserts a new incident, giving it its number, or writes a known one anew."""
    table = tables.incident
    values = {name: getattr(incident, name) for name in _COLUMNS}
    told = incident.model_dump(mode="json", exclude={"id"})
    values |= {"check_name": incident.check, "told": told}
    if incident.id:
        connection.execute(update(table).where(table.c.id == incident.id).values(values))
        return incident
    made = connection.execute(insert(table).values(values).returning(table.c.id))
    return incident.model_copy(update={"id": made.scalar_one()})


def streaks(connection: Connection) -> dict[str, Streak]:
    """What was counted of every cause, by fingerprint."""
    found = connection.execute(select(tables.streak))
    return {row.fingerprint: Streak.model_validate(row.told) for row in found}


def keep_streaks(connection: Connection, counted: Mapping[str, Streak | None]) -> None:
    """Writes what is counted; None forgets."""
    table = tables.streak
    kept = [
        {"fingerprint": name, "told": streak.model_dump(mode="json")}
        for name, streak in counted.items()
        if streak is not None
    ]
    upsert(connection, table, kept)
    gone = [name for name, streak in counted.items() if streak is None]
    for chunk in chunks(gone):
        connection.execute(delete(table).where(table.c.fingerprint.in_(chunk)))


def deliveries(connection: Connection, numbers: Sequence[int]) -> dict[int, list[Delivery]]:
    """All messages about some incidents, by incident."""
    table = tables.delivery
    found: dict[int, list[Delivery]] = defaultdict(list)
    for chunk in chunks(numbers):
        statement = select(table).where(table.c.incident_id.in_(chunk))
        for row in connection.execute(statement):
            found[row.incident_id].append(_delivery(row))
    return found


def due(engine: Engine) -> list[Delivery]:
    """Messages that wait to be sent."""
    table = tables.delivery
    with reading(engine) as connection:
        found = connection.execute(select(table).where(table.c.outcome == "due"))
        return [_delivery(row) for row in found]


def sent_since(engine: Engine, since: datetime) -> list[Delivery]:
    """Messages that were sent since a moment."""
    table = tables.delivery
    statement = select(table).where(table.c.outcome == "sent", table.c.settled_at >= since)
    with reading(engine) as connection:
        return [_delivery(row) for row in connection.execute(statement)]


def keep_deliveries(connection: Connection, told: Iterable[Delivery]) -> None:
    """Inserts messages, or replaces those about the same incident, kind, turn and channel."""
    upsert(connection, tables.delivery, [each.model_dump() for each in told])


def _incident(row: Row[Any]) -> Incident:
    return Incident.model_validate({**row.told, "id": row.id})


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery.model_validate(dict(row._mapping))
