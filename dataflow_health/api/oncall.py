"""``/incidents``, ``/quarantine``, ``/rerun``, ``/slo``, ``/audit``: what on-call sees and does."""

from dataclasses import replace
from functools import lru_cache
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from dataflow_health import wiring
from dataflow_health.alerting import incident_engine
from dataflow_health.api import auth
from dataflow_health.api.auth import ReadAccess
from dataflow_health.api.dependencies import ArrivalDay, FilterText, PageSize, get_monitor
from dataflow_health.api.envelope import Envelope, error_responses
from dataflow_health.config.catalogue import Catalogue
from dataflow_health.health.error_budget import ErrorBudget
from dataflow_health.health.incident import Incident
from dataflow_health.monitoring import error_budgets
from dataflow_health.operations import quarantine, rerun
from dataflow_health.operations.quarantine import QuarantinedItem
from dataflow_health.operations.rerun import RerunFilter
from dataflow_health.settings import Settings
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.ledger import quarantine as held
from dataflow_health.storage.ledger import states as ledger_states
from dataflow_health.storage.records import audit_log
from dataflow_health.storage.records import incidents as kept
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.sql import database

router = APIRouter(tags=["on call"])

AWAY = error_responses(HTTPStatus.SERVICE_UNAVAILABLE)
REFUSED = error_responses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT) | AWAY

Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="Number of an incident.")]
Before = Annotated[
    int | None, Query(ge=1, le=2**31 - 1, description="Only what has a smaller number.")
]
Id = Annotated[
    str,
    Path(
        pattern=rf"^[0-9a-fA-F]{{{held.SHORTEST_ID},64}}$",
        description="Id of an archive or recording, or enough of the beginning.",
    ),
]
Words = Annotated[str, Field(max_length=1000, pattern=r"^[^\x00]*$")]
Reason = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[^\x00]*\S[^\x00]*$")]


class Asked(BaseModel):
    """Base of what is asked for: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Note(Asked):
    """What the operator says to it."""

    note: Words = ""


class Mute(Note):
    """Silence with an end and a ticket."""

    until: AwareDatetime
    ticket: Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[^\x00]*$")]


class Resolve(Note):
    """How it ended."""

    how: Literal["false_alarm", "bad_data", "late", "fixed", "other"]


class Why(Asked):
    """Why it is done."""

    reason: Reason


class Replay(Why):
    """Back before its stage, after a fix."""

    layout: Annotated[str, Field(max_length=128, pattern=r"^[a-z0-9_]+$")] | None = None


class Rerun(Asked):
    """What to run again; all that is not done when nothing is said."""

    stage: Annotated[str, Field(max_length=16, pattern=r"^[a-z]*$")] = ""
    day: Annotated[str, Field(pattern=r"^(\d{4}-\d{2}-\d{2})?$")] = ""
    tail: Annotated[str, Field(max_length=32, pattern=r"^[^\x00]*$")] = ""
    dry_run: bool = False
    reason: Words = ""


class Planned(BaseModel):
    """What is run again, or would be: the sensor of arrivals starts the days within seconds."""

    model_config = ConfigDict(frozen=True)

    things: int
    days: tuple[str, ...]
    dry_run: bool


class Done(BaseModel):
    """How many things an action changed."""

    model_config = ConfigDict(frozen=True)

    changed: int


class QuarantinedDetail(QuarantinedItem):
    """One thing in quarantine, with the original bytes around the place."""

    path: str
    start: int
    hex: str
    note: str


class Audited(BaseModel):
    """One action of an operator."""

    model_config = ConfigDict(frozen=True)

    id: int
    at: AwareDatetime
    who: str
    origin: str
    action: str
    subject: str
    reason: str
    succeeded: bool


def _operator(request: Request, who: auth.Operator) -> Operator:
    client = request.client.host if request.client else "unknown"
    return Operator(who, f"api@{client}")


def _dependencies(request: Request) -> Dependencies:
    """Dependencies with the YAML that the board shows, however long ago they were made."""
    chosen = request.app.state.settings
    declared = _declared(chosen, get_monitor(request).config.version)
    return replace(wiring.dependencies(chosen), catalogue=declared)


@lru_cache(maxsize=1)
def _declared(chosen: Settings, _version: int) -> Catalogue:
    return wiring.catalogue(chosen)


@router.get("/incidents", responses=AWAY)
def incident_list(
    request: Request,
    _who: ReadAccess,
    state: Annotated[Literal["open", "ended", "all"], Query()] = "open",
    process: FilterText = "",
    before: Before = None,
    limit: PageSize = 50,
) -> Envelope[tuple[Incident, ...]]:
    """Incidents, newest first."""
    found = kept.find(
        get_monitor(request).engine,
        is_open={"open": True, "ended": False, "all": None}[state],
        process=process or None,
        before_id=before,
        limit=limit,
    )
    return Envelope(data=tuple(found))


@router.get("/incidents/{number}", responses=REFUSED)
def incident(request: Request, _who: ReadAccess, number: Number) -> Envelope[Incident]:
    """Everything about one incident."""
    with database.reading(get_monitor(request).engine) as connection:
        return Envelope(data=kept.one(connection, number))


@router.post("/incidents/{number}/ack", responses=REFUSED)
def acknowledge(
    request: Request, who: auth.Operator, number: Number, asked: Note
) -> Envelope[Incident]:
    """Somebody looks after it: no reminders, no escalation."""
    watch, operator = get_monitor(request), _operator(request, who)
    done = incident_engine.acknowledge(
        watch.engine, number, operator, note=asked.note, now=wiring.utc_now()
    )
    return Envelope(data=done)


@router.post("/incidents/{number}/mute", responses=REFUSED)
def mute(request: Request, who: auth.Operator, number: Number, asked: Mute) -> Envelope[Incident]:
    """Silent until a moment, with the ticket where it is dealt with."""
    done = incident_engine.mute(
        get_monitor(request).engine,
        number,
        _operator(request, who),
        note=asked.note,
        until=asked.until,
        ticket=asked.ticket,
        now=wiring.utc_now(),
    )
    return Envelope(data=done)


@router.post("/incidents/{number}/unmute", responses=REFUSED)
def unmute(request: Request, who: auth.Operator, number: Number, asked: Note) -> Envelope[Incident]:
    """Back before its mute expires."""
    watch, operator = get_monitor(request), _operator(request, who)
    done = incident_engine.unmute(
        watch.engine, number, operator, note=asked.note, now=wiring.utc_now()
    )
    return Envelope(data=done)


@router.post("/incidents/{number}/resolve", responses=REFUSED)
def resolve(
    request: Request, who: auth.Operator, number: Number, asked: Resolve
) -> Envelope[Incident]:
    """Ended by a person, with how."""
    done = incident_engine.resolve(
        get_monitor(request).engine,
        number,
        _operator(request, who),
        how=asked.how,
        note=asked.note,
        now=wiring.utc_now(),
    )
    return Envelope(data=done)


@router.get("/quarantine", responses=AWAY)
def quarantine_list(
    request: Request,
    _who: ReadAccess,
    stage: FilterText = "",
    day: ArrivalDay = "",
    tail: FilterText = "",
    written_off: bool = False,
) -> Envelope[tuple[QuarantinedItem, ...]]:
    """What stages refused, oldest first."""
    found = held.find(
        get_monitor(request).engine,
        states=("written_off",) if written_off else ledger_states.REFUSED,
        stage=stage or None,
        day=day or None,
        tail=tail or None,
    )
    now = wiring.utc_now()
    return Envelope(data=tuple(quarantine.describe_item(row, now) for row in found))


@router.get("/quarantine/{id_}", responses=REFUSED)
def quarantine_show(request: Request, _who: ReadAccess, id_: Id) -> Envelope[QuarantinedDetail]:
    """Why one thing was refused, with the original bytes around the place."""
    deps = _dependencies(request)
    row = held.one(deps.engine, id_)
    found, told = (
        quarantine.read_original(deps, row),
        quarantine.describe_item(row, wiring.utc_now()),
    )
    return Envelope(
        data=QuarantinedDetail(
            **told.model_dump(),
            path=found.path,
            start=found.start,
            hex=found.content.hex(),
            note=found.note,
        )
    )


@router.post("/quarantine/{id_}/replay", responses=REFUSED)
def replay(request: Request, who: auth.Operator, id_: Id, asked: Replay) -> Envelope[Done]:
    """Back before the stage that refused it; the sensor of arrivals runs its day within seconds."""
    deps = _dependencies(request)
    things = quarantine.find_items(deps, [id_])
    operator = _operator(request, who)
    changed = quarantine.replay(deps, things, operator, reason=asked.reason, layout=asked.layout)
    return Envelope(data=Done(changed=changed))


@router.post("/quarantine/{id_}/write-off", responses=REFUSED)
def write_off(request: Request, who: auth.Operator, id_: Id, asked: Why) -> Envelope[Done]:
    """Given up, for a reason somebody answers for. The bytes stay."""
    deps = _dependencies(request)
    things = quarantine.find_items(deps, [id_], states=ledger_states.REFUSED)
    changed = quarantine.write_off(deps, things, _operator(request, who), reason=asked.reason)
    return Envelope(data=Done(changed=changed))


@router.post("/rerun", responses=REFUSED)
def run_again(request: Request, who: auth.Operator, asked: Rerun) -> Envelope[Planned]:
    """What is refused, waiting or left over goes back before its stage, and nothing else."""
    engine = get_monitor(request).engine
    choice = RerunFilter(asked.stage or None, asked.day or None, asked.tail or None)
    planned = rerun.plan(engine, choice)
    if not asked.dry_run:
        operator = _operator(request, who)
        rerun.begin(engine, planned, operator, reason=asked.reason, at=wiring.utc_now())
    told = Planned(things=len(planned.things), days=planned.days, dry_run=asked.dry_run)
    return Envelope(data=told)


@router.get("/slo", responses=AWAY)
def slos(request: Request, _who: ReadAccess) -> Envelope[tuple[ErrorBudget, ...]]:
    """How every promise stands: its error budget, and how fast it burns."""
    deps = _dependencies(request)
    return Envelope(data=error_budgets.budgets(deps.engine, deps.catalogue.slos, wiring.utc_now()))


@router.get("/audit", responses=AWAY)
def audit(
    request: Request,
    _who: ReadAccess,
    action: FilterText = "",
    who: FilterText = "",
    before: Before = None,
    limit: PageSize = 100,
) -> Envelope[tuple[Audited, ...]]:
    """Every action of an operator, newest first."""
    found = audit_log.read(
        get_monitor(request).engine,
        limit=limit,
        action=action or None,
        who=who or None,
        before_id=before,
    )
    return Envelope(data=tuple(Audited.model_validate(row._asdict()) for row in found))
