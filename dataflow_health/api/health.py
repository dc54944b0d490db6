"""``/health``: of this service itself, not of the pipeline; a load balancer asks here."""

from http import HTTPStatus
from importlib.metadata import version

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict

from dataflow_health.api.dependencies import get_monitor
from dataflow_health.api.envelope import Envelope, RequestRejected, error_responses

router = APIRouter(tags=["service"])

OLD_S = 10.0
"""A report older than this means that the watch has stopped."""


class Health(BaseModel):
    """How this service is.

    Attributes:
        version: Of the package.
        report_age_s: How old what it shows is.
        config_errors: Errors in the current YAML files; the last valid ones stay in use.
    """

    model_config = ConfigDict(frozen=True)

    version: str
    report_age_s: float
    config_errors: tuple[str, ...] = ()


@router.get("/health", responses=error_responses(HTTPStatus.SERVICE_UNAVAILABLE))
def health(request: Request) -> Envelope[Health]:
    """Whether this service can tell how the pipeline is: 200 if so, 503 if not. Needs no key."""
    snapshot = get_monitor(request).snapshot()
    if snapshot.fault:
        message = "the ledger does not answer; /status still tells what is known"
        raise RequestRejected(HTTPStatus.SERVICE_UNAVAILABLE, "ledger_unreachable", message)
    if snapshot.age_s > OLD_S:
        message = f"what is shown is {snapshot.age_s:.0f} s old: the watch has stopped"
        raise RequestRejected(HTTPStatus.SERVICE_UNAVAILABLE, "stale_report", message)
    age_s = round(snapshot.age_s, 3)
    return Envelope(
        data=Health(
            version=version("dataflow-health"),
            report_age_s=age_s,
            config_errors=snapshot.config_faults,
        )
    )
