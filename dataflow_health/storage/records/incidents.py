"""Incidents in SQL."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select, update

from dataflow_health.errors import NotFound
from dataflow_health.health.incident import Incident
from dataflow_health.health.mute import Mute
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import reading

_INCIDENT_COLUMNS = (
    "fingerprint", "state", "flapping", "max_failures", "opened_at", "updated_at", "closed_at",
)  # fmt: skip
"""Fields of an incident that have a column of the same name."""
_PROBLEM_COLUMNS = ("process", "cause", "severity", "failures")
"""Fields of its problem that have a column of the same name."""


def find_open(connection: Connection) -> dict[str, Incident]:
    """All incidents that are not closed, by fingerprint."""
    table = tables.incident
    found = connection.execute(select(table).where(table.c.closed_at.is_(None)))
    return {row.fingerprint: _incident(row) for row in found}


def find_ended(connection: Connection, since: datetime) -> list[Incident]:
    """Incidents that were closed at or after a time, in the order of their numbers."""
    table = tables.incident
    statement = select(table).where(table.c.closed_at >= since).order_by(table.c.id)
    return [_incident(row) for row in connection.execute(statement)]


def find_opened(connection: Connection, fingerprint: str, opened_at: datetime) -> Incident | None:
    """The incident of a cause that was opened at a given time, open or closed."""
    table = tables.incident
    is_it = (table.c.fingerprint == fingerprint) & (table.c.opened_at == opened_at)
    row = connection.execute(select(table).where(is_it).limit(1)).one_or_none()
    return None if row is None else _incident(row)


def find_mutes(engine: Engine) -> list[Mute]:
    """All mutes, including those that have just expired.

    Raises:
        DatabaseError: The database does not answer.
    """
    table = tables.incident
    statement = select(table).where(table.c.closed_at.is_(None), table.c.state == "muted")
    with reading(engine) as connection:
        found = [_incident(row) for row in connection.execute(statement)]
    return [
        Mute(
            process=each.problem.process,
            cause=each.problem.cause,
            until_at=each.muted_until,
            ticket=each.mute_ticket,
            muted_by=each.muted_by,
        )
        for each in found
        if each.muted_until is not None
    ]


def get(connection: Connection, number: int) -> Incident:
    """The incident with a number.

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
    until: datetime | None = None,
    before_id: int | None = None,
    fingerprints: Collection[str] | None = None,
    limit: int = 100,
) -> list[Incident]:
    """Incidents, newest first.

    Args:
        engine: Database of the ledger.
        is_open: Only open ones, or only closed ones.
        process: Only those whose cause is in this process.
        since: Only those that were open at or after this time.
        until: Only those that were opened before this time.
        before_id: Only those before this one, for the next page.
        fingerprints: Only those of these causes.
        limit: Maximum number of incidents.

    Raises:
        DatabaseError: The database does not answer.
    """
    table = tables.incident
    statement = select(table).order_by(table.c.id.desc()).limit(limit)
    if is_open is not None:
        closed_at = table.c.closed_at
        statement = statement.where(closed_at.is_(None) if is_open else closed_at.is_not(None))
    if process is not None:
        statement = statement.where(table.c.process == process)
    if since is not None:
        statement = statement.where(table.c.closed_at.is_(None) | (table.c.closed_at >= since))
    if until is not None:
        statement = statement.where(table.c.opened_at < until)
    if before_id is not None:
        statement = statement.where(table.c.id < before_id)
    if fingerprints is not None:
        statement = statement.where(table.c.fingerprint.in_(sorted(fingerprints)))
    with reading(engine) as connection:
        return [_incident(row) for row in connection.execute(statement)]


def save(connection: Connection, incident: Incident) -> Incident:
    """Inserts a new incident and returns it with its number, or updates a saved one."""
    table = tables.incident
    values = {name: getattr(incident, name) for name in _INCIDENT_COLUMNS}
    values |= {name: getattr(incident.problem, name) for name in _PROBLEM_COLUMNS}
    document = incident.model_dump(mode="json", exclude={"id"})
    values |= {"check_name": incident.problem.check, "document": document}
    if incident.id:
        connection.execute(update(table).where(table.c.id == incident.id).values(values))
        return incident
    made = connection.execute(insert(table).values(values).returning(table.c.id))
    return incident.model_copy(update={"id": made.scalar_one()})


def _incident(row: Row[Any]) -> Incident:
    return Incident.model_validate({**row.document, "id": row.id})
