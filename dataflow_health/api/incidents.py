"""``/incidents``: list, show, acknowledge, mute, unmute, resolve."""

from typing import Annotated, Literal, NamedTuple

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import AwareDatetime, BaseModel
from sqlalchemy import Engine

from dataflow_health.alerting import incident_commands
from dataflow_health.api.auth import OperateAccess, ReadAccess
from dataflow_health.api.dependencies import (
    EARLIEST,
    LARGEST_ID,
    LATEST,
    BeforeId,
    FilterText,
    PageSize,
    get_monitor,
)
from dataflow_health.api.envelope import ACTION_ERRORS, LEDGER_ERRORS, Envelope
from dataflow_health.api.request_models import NoteRequest, RequiredText
from dataflow_health.clock import utc_now
from dataflow_health.health.incident import Incident
from dataflow_health.storage.records import incidents
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.sql import database

router = APIRouter(tags=["incidents"])

IncidentId = Annotated[int, Path(ge=1, le=LARGEST_ID, description="Id of an incident.")]

_IS_OPEN = {"open": True, "ended": False, "all": None}


class IncidentQuery(BaseModel):
    """Query of the list."""

    state: Literal["open", "ended", "all"] = "open"
    process: FilterText = ""
    from_at: Annotated[
        AwareDatetime | None,
        Query(ge=EARLIEST, le=LATEST, description="Only those open at or after this time."),
    ] = None
    to_at: Annotated[
        AwareDatetime | None,
        Query(ge=EARLIEST, le=LATEST, description="Only those opened before this time."),
    ] = None
    before: BeforeId = None
    limit: PageSize = 50


class MuteRequest(NoteRequest):
    """End of the mute, and URL of the ticket that tracks the problem."""

    until: AwareDatetime
    ticket: RequiredText


class ResolveRequest(NoteRequest):
    """How the incident ended."""

    how: Literal["false_alarm", "bad_data", "late", "fixed", "other"]


@router.get("/incidents", responses=LEDGER_ERRORS)
def list_incidents(
    request: Request, _caller: ReadAccess, query: Annotated[IncidentQuery, Query()]
) -> Envelope[tuple[Incident, ...]]:
    """Incidents, newest first."""
    found = incidents.find(
        get_monitor(request).engine,
        is_open=_IS_OPEN[query.state],
        process=query.process or None,
        since=query.from_at,
        until=query.to_at,
        before_id=query.before,
        limit=query.limit,
    )
    return Envelope(data=tuple(found))


@router.get("/incidents/{incident}", responses=ACTION_ERRORS)
def show_incident(
    request: Request, _caller: ReadAccess, incident: IncidentId
) -> Envelope[Incident]:
    """One incident."""
    with database.reading(get_monitor(request).engine) as connection:
        return Envelope(data=incidents.get(connection, incident))


class IncidentCommand(NamedTuple):
    """The leading arguments of every command on an incident."""

    engine: Engine
    number: int
    operator: Operator


def _command(request: Request, operator: OperateAccess, incident: IncidentId) -> IncidentCommand:
    return IncidentCommand(get_monitor(request).engine, incident, operator)


Command = Annotated[IncidentCommand, Depends(_command)]


@router.post("/incidents/{incident}/ack", responses=ACTION_ERRORS)
def acknowledge_incident(command: Command, body: NoteRequest) -> Envelope[Incident]:
    """Acknowledge an incident: it sends no more reminders and does not escalate."""
    return Envelope(data=incident_commands.acknowledge(*command, note=body.note, now=utc_now()))


@router.post("/incidents/{incident}/mute", responses=ACTION_ERRORS)
def mute_incident(command: Command, body: MuteRequest) -> Envelope[Incident]:
    """Mute the notifications of an incident until a given time. Needs the URL of a ticket."""
    muted = incident_commands.mute(
        *command, note=body.note, until=body.until, ticket=body.ticket, now=utc_now()
    )
    return Envelope(data=muted)


@router.post("/incidents/{incident}/unmute", responses=ACTION_ERRORS)
def unmute_incident(command: Command, body: NoteRequest) -> Envelope[Incident]:
    """End a mute early."""
    return Envelope(data=incident_commands.unmute(*command, note=body.note, now=utc_now()))


@router.post("/incidents/{incident}/resolve", responses=ACTION_ERRORS)
def resolve_incident(command: Command, body: ResolveRequest) -> Envelope[Incident]:
    """Resolve an incident by hand, with the way it ended."""
    resolved = incident_commands.resolve(*command, how=body.how, note=body.note, now=utc_now())
    return Envelope(data=resolved)
