"""``/diagram``: the pipeline's health as Mermaid text, SVG or PNG."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from dataflow_health.api.auth import ReadAccess
from dataflow_health.api.caching import cached_response
from dataflow_health.api.dependencies import AsOf, Direction, Expand, past_status
from dataflow_health.api.envelope import NOT_MODIFIED, body_format, error_responses
from dataflow_health.diagram import mermaid
from dataflow_health.diagram import render as renderer
from dataflow_health.health.report import HealthReport
from dataflow_health.monitoring.dagster_links import asset_paths

router = APIRouter(tags=["diagram"])

TEXT, SVG, PNG = "text/plain; charset=utf-8", "image/svg+xml", "image/png"

PNG_SCALE = 1.0
"""Pixels per unit; a scale of 2 takes more than a second to render."""

SAFE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox",
    "X-Content-Type-Options": "nosniff",
}
"""Headers that keep an image opened by itself from running scripts or loading anything."""

RENDER_RESPONSES = NOT_MODIFIED | error_responses(HTTPStatus.NOT_IMPLEMENTED)


@router.get("/diagram", response_class=Response, responses=body_format(TEXT) | NOT_MODIFIED)
def diagram_text(
    request: Request,
    _caller: ReadAccess,
    at: AsOf = None,
    expand: Expand = False,
    direction: Direction = "TB",
) -> Response:
    """Diagram as Mermaid text, with status colour, symbol and word; red marks root causes only."""

    def render(report: HealthReport) -> bytes:
        return _mermaid(request, report, expand, direction).encode()

    return _respond(request, at, TEXT, render)


@router.get("/diagram/svg", response_class=Response, responses=body_format(SVG) | RENDER_RESPONSES)
def diagram_svg(
    request: Request,
    _caller: ReadAccess,
    at: AsOf = None,
    expand: Expand = False,
    direction: Direction = "TB",
) -> Response:
    """Diagram as SVG, rendered offline; 501 when the extra ``svg`` is not installed."""

    def render(report: HealthReport) -> bytes:
        return renderer.svg(_mermaid(request, report, expand, direction)).encode()

    return _respond(request, at, SVG, render)


@router.get("/diagram/png", response_class=Response, responses=body_format(PNG) | RENDER_RESPONSES)
def diagram_png(
    request: Request,
    _caller: ReadAccess,
    at: AsOf = None,
    expand: Expand = False,
    direction: Direction = "TB",
) -> Response:
    """Diagram as PNG, rendered offline; 501 when the extra ``svg`` is not installed."""

    def render(report: HealthReport) -> bytes:
        return renderer.png(_mermaid(request, report, expand, direction), scale=PNG_SCALE)

    return _respond(request, at, PNG, render)


def _respond(
    request: Request,
    at: datetime | None,
    media_type: str,
    render: Callable[[HealthReport], bytes],
) -> Response:
    if at is not None:
        body = render(past_status(request, at))
        return Response(body, media_type=media_type, headers=SAFE_HEADERS)
    return cached_response(
        request, lambda snapshot: render(snapshot.report), media_type, SAFE_HEADERS
    )


def _mermaid(request: Request, report: HealthReport, expand: bool, direction: str) -> str:
    return mermaid.draw(
        report,
        expand=expand,
        direction=direction,
        base_url=request.app.state.settings.public_url,
        asset_keys=asset_paths(each.name for each in report.processes),
    )
