"""``/fleet``: aircraft by stage, worst first."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from dataflow_health.api.auth import ReadAccess
from dataflow_health.api.caching import cached_response, envelope_json
from dataflow_health.api.dependencies import get_monitor
from dataflow_health.api.envelope import NOT_MODIFIED, Envelope, error_responses
from dataflow_health.operations import fleet as board
from dataflow_health.operations.fleet import DEFAULT_DAYS
from dataflow_health.schemas import FleetHealth

router = APIRouter(tags=["fleet"])

AWAY = error_responses(HTTPStatus.SERVICE_UNAVAILABLE)


@router.get("/fleet", response_model=Envelope[FleetHealth], responses=NOT_MODIFIED | AWAY)
def fleet(
    request: Request,
    _who: ReadAccess,
    days: Annotated[
        int, Query(ge=1, le=3660, description="Of arrivals, today among them.")
    ] = DEFAULT_DAYS,
) -> Response:
    """Every aircraft at every stage: how it is, and how many recordings are where."""
    engine = get_monitor(request).engine
    return cached_response(
        request, lambda s: envelope_json(board.fleet_health(engine, s.report, days))
    )
