"""``/badge``: status of one process as a small SVG for a README or a wiki page."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from dataflow_health.api.auth import ReadAccess
from dataflow_health.api.caching import cached_response
from dataflow_health.api.dependencies import ProcessName
from dataflow_health.api.diagram import SAFE_HEADERS, SVG
from dataflow_health.api.envelope import NOT_MODIFIED, body_format, error_responses
from dataflow_health.diagram.badge import draw_badge
from dataflow_health.health.report import HealthReport
from dataflow_health.health.status import Status
from dataflow_health.operations import explain

router = APIRouter(tags=["diagram"])

PIPELINE = "pipeline"
"""Name that stands for all processes together."""


@router.get(
    "/badge/{process}.svg",
    response_class=Response,
    responses=body_format(SVG) | NOT_MODIFIED | error_responses(HTTPStatus.NOT_FOUND),
)
def status_badge(request: Request, _caller: ReadAccess, process: ProcessName) -> Response:
    """Badge with name and status of one process; ``pipeline`` shows the worst status of all."""
    return cached_response(
        request,
        lambda s: draw_badge(process, _status(s.report, process)).encode(),
        SVG,
        SAFE_HEADERS,
    )


def _status(report: HealthReport, name: str) -> Status:
    if name == PIPELINE and report.find(PIPELINE) is None:
        return report.status
    return explain.find_process(report, name).status
