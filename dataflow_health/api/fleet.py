"""``/fleet``: health of every aircraft at every stage, worst first."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from dataflow_health.api.auth import ReadAccess
from dataflow_health.api.caching import cached_response, envelope_json
from dataflow_health.api.dependencies import get_monitor
from dataflow_health.api.envelope import LEDGER_ERRORS, NOT_MODIFIED, Envelope
from dataflow_health.operations import fleet
from dataflow_health.operations.fleet import DEFAULT_DAYS
from dataflow_health.schemas import FleetHealth

router = APIRouter(tags=["fleet"])

Days = Annotated[int, Query(ge=1, le=3660, description="Arrival days to show, today included.")]


@router.get("/fleet", response_model=Envelope[FleetHealth], responses=NOT_MODIFIED | LEDGER_ERRORS)
def fleet_health(request: Request, _caller: ReadAccess, days: Days = DEFAULT_DAYS) -> Response:
    """Status and recording counts of every aircraft at every stage."""
    engine = get_monitor(request).engine
    return cached_response(
        request, lambda s: envelope_json(fleet.fleet_health(engine, s.report, days))
    )
