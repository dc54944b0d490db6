"""``/fleet``: health of every aircraft at every stage; readiness and coverage of one aircraft."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from dataflow_health.api.auth import ReadAccess
from dataflow_health.api.caching import cached_response, envelope_json
from dataflow_health.api.dependencies import get_monitor
from dataflow_health.api.envelope import LEDGER_ERRORS, NOT_MODIFIED, Envelope, error_responses
from dataflow_health.operations import coverage, fleet, readiness
from dataflow_health.operations.fleet import DEFAULT_DAYS, first_day
from dataflow_health.schemas import AircraftCoverage, AircraftReadiness, FleetHealth, FleetReadiness

router = APIRouter(tags=["fleet"])

Days = Annotated[int, Query(ge=1, le=3660, description="Arrival days to show, today included.")]
Tail = Annotated[str, Path(max_length=32, pattern=r"^[^\x00]+$", description="Tail number.")]


@router.get("/fleet", response_model=Envelope[FleetHealth], responses=NOT_MODIFIED | LEDGER_ERRORS)
def fleet_health(request: Request, _caller: ReadAccess, days: Days = DEFAULT_DAYS) -> Response:
    """Status and recording counts of every aircraft at every stage."""
    engine = get_monitor(request).engine
    return cached_response(
        request, lambda s: envelope_json(fleet.fleet_health(engine, s.report, days))
    )


@router.get("/fleet/ready", responses=LEDGER_ERRORS)
def fleet_readiness(request: Request, _caller: ReadAccess) -> Envelope[FleetReadiness]:
    """Readiness and next departure of every aircraft: those that depart first come first."""
    monitor = get_monitor(request)
    url = request.app.state.settings.schedule_url
    return Envelope(
        data=readiness.fleet_readiness(monitor.engine, url, monitor.snapshot().report.at)
    )


@router.get("/fleet/{tail}/ready", responses=error_responses(HTTPStatus.NOT_FOUND) | LEDGER_ERRORS)
def aircraft_readiness(
    request: Request, _caller: ReadAccess, tail: Tail
) -> Envelope[AircraftReadiness]:
    """Whether an aircraft's newest recordings have their results, with the reason."""
    return Envelope(data=readiness.aircraft_readiness(get_monitor(request).engine, tail))


@router.get(
    "/fleet/{tail}/coverage", responses=error_responses(HTTPStatus.NOT_FOUND) | LEDGER_ERRORS
)
def aircraft_coverage(
    request: Request, _caller: ReadAccess, tail: Tail, days: Days = DEFAULT_DAYS
) -> Envelope[AircraftCoverage]:
    """Algorithms that apply to an aircraft, and the parameters that each of the others lacks."""
    monitor = get_monitor(request)
    since = first_day(monitor.snapshot().report.at, days)
    return Envelope(data=coverage.aircraft_coverage(monitor.engine, tail, since))
