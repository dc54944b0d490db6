"""``/diagram``: the report drawn, as Mermaid text, SVG or PNG."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from dataflow_health.api.auth import ReadAccess
from dataflow_health.api.caching import cached_response
from dataflow_health.api.dependencies import AsOf, Direction, Expand, past_status
from dataflow_health.api.envelope import NOT_MODIFIED, body_format, error_responses
from dataflow_health.diagram import mermaid, render
from dataflow_health.health.report import HealthReport
from dataflow_health.monitoring.dagster_links import asset_paths

router = APIRouter(tags=["diagram"])

TEXT, SVG, PNG = "text/plain; charset=utf-8", "image/svg+xml", "image/png"

PNG_SCALE = 1.0
"""Pixels to a unit; twice as many take a second and more."""

SAFE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox",
    "X-Content-Type-Options": "nosniff",
}
"""A picture that is opened on its own runs nothing and fetches nothing."""

DRAWN = NOT_MODIFIED | error_responses(HTTPStatus.NOT_IMPLEMENTED)


@router.get("/diagram", response_class=Response, responses=body_format(TEXT) | NOT_MODIFIED)
def diagram(
    request: Request,
    _who: ReadAccess,
    at: AsOf = None,
    expand: Expand = False,
    direction: Direction = "TB",
) -> Response:
    """The report as Mermaid text: colour, symbol and word, red only where the cause is."""
    return _drawn(request, at, TEXT, lambda r: _mermaid(request, r, expand, direction).encode())


@router.get("/diagram/svg", response_class=Response, responses=body_format(SVG) | DRAWN)
def diagram_svg(
    request: Request,
    _who: ReadAccess,
    at: AsOf = None,
    expand: Expand = False,
    direction: Direction = "TB",
) -> Response:
    """The same as SVG, rendered offline; 501 where the renderer is not installed."""

    def draw(report: HealthReport) -> bytes:
        return render.svg(_mermaid(request, report, expand, direction)).encode()

    return _drawn(request, at, SVG, draw)


@router.get("/diagram/png", response_class=Response, responses=body_format(PNG) | DRAWN)
def diagram_png(
    request: Request,
    _who: ReadAccess,
    at: AsOf = None,
    expand: Expand = False,
    direction: Direction = "TB",
) -> Response:
    """The same as PNG, rendered offline; 501 where the renderer is not installed."""

    def draw(report: HealthReport) -> bytes:
        return render.png(_mermaid(request, report, expand, direction), scale=PNG_SCALE)

    return _drawn(request, at, PNG, draw)


def _drawn(
    request: Request, at: datetime | None, media_type: str, draw: Callable[[HealthReport], bytes]
) -> Response:
    if at is not None:
        return Response(draw(past_status(request, at)), media_type=media_type, headers=SAFE)
    return cached_response(request, lambda snapshot: draw(snapshot.report), media_type, SAFE)


def _mermaid(request: Request, report: HealthReport, expand: bool, direction: str) -> str:
    return mermaid.draw(
        report,
        expand=expand,
        direction=direction,
        base_url=request.app.state.settings.public_url,
        asset_keys=asset_paths(each.name for each in report.processes),
    )
