"""``/fleet``: aircraft by stage, worst first."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from dataflow_health.api.auth import Reader
from dataflow_health.api.caching import enveloped, served
from dataflow_health.api.dependencies import watch_of
from dataflow_health.api.envelope import NOT_MODIFIED, Envelope, failures
from dataflow_health.operations import fleet as board
from dataflow_health.operations.fleet import DAYS
from dataflow_health.schemas import FleetHealth

router = APIRouter(tags=["fleet"])

AWAY = failures(HTTPStatus.SERVICE_UNAVAILABLE)


@router.get("/fleet", response_model=Envelope[FleetHealth], responses=NOT_MODIFIED | AWAY)
def fleet(
    request: Request,
    _who: Reader,
    days: Annotated[int, Query(ge=1, le=3660, description="Of arrivals, today among them.")] = DAYS,
) -> Response:
    """Every aircraft at every stage: how it is, and how many recordings are where."""
    engine = watch_of(request).engine
    return served(request, lambda s: enveloped(board.fleet(engine, s.report, days)))
