"""``/health``: health of this service itself, not of the pipeline; for load balancers."""

from http import HTTPStatus
from importlib.metadata import version

from fastapi import APIRouter, Request

from dataflow_health.api.dependencies import get_monitor
from dataflow_health.api.envelope import Envelope, RequestRejected, error_responses
from dataflow_health.schemas import ServiceHealth

router = APIRouter(tags=["service"])

MAX_REPORT_AGE_S = 10.0
"""A report older than this means that the monitor has stopped."""


@router.get("/health", responses=error_responses(HTTPStatus.SERVICE_UNAVAILABLE))
def service_health(request: Request) -> Envelope[ServiceHealth]:
    """Whether this service can report the pipeline's health: 200, or 503. Needs no key."""
    snapshot = get_monitor(request).snapshot()
    if snapshot.ledger_error:
        message = "the ledger is unreachable; /status still reports what is known"
        raise RequestRejected(HTTPStatus.SERVICE_UNAVAILABLE, "ledger_unreachable", message)
    if snapshot.age_s > MAX_REPORT_AGE_S:
        message = f"the report is {snapshot.age_s:.0f} s old: the monitor has stopped"
        raise RequestRejected(HTTPStatus.SERVICE_UNAVAILABLE, "stale_report", message)
    health = ServiceHealth(
        version=version("dataflow-health"),
        report_age_s=round(snapshot.age_s, 3),
        config_errors=snapshot.config_errors,
    )
    return Envelope(data=health)
