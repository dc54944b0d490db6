"""``/diagram``: the pipeline's health as Mermaid text, SVG or PNG."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Request, Response
from pydantic import AwareDatetime

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


class DiagramOptions(NamedTuple):
    """Query parameters of every diagram.

    Attributes:
        at: Time in the past; None for the current state.
        expand: Draw every check and every algorithm separately.
        direction: ``TB`` or ``LR``.
    """

    at: AwareDatetime | None
    expand: bool
    direction: str


def _options(
    at: AsOf = None, expand: Expand = False, direction: Direction = "TB"
) -> DiagramOptions:
    return DiagramOptions(at, expand, direction)


Options = Annotated[DiagramOptions, Depends(_options)]


@router.get("/diagram", response_class=Response, responses=body_format(TEXT) | NOT_MODIFIED)
def diagram_text(request: Request, _caller: ReadAccess, options: Options) -> Response:
    """Diagram as Mermaid text, with status colour, symbol and word; red marks root causes only."""
    return _respond(request, options, TEXT, str.encode)


@router.get("/diagram/svg", response_class=Response, responses=body_format(SVG) | RENDER_RESPONSES)
def diagram_svg(request: Request, _caller: ReadAccess, options: Options) -> Response:
    """Diagram as SVG, rendered offline; 501 when the extra ``svg`` is not installed."""
    return _respond(request, options, SVG, lambda text: renderer.svg(text).encode())


@router.get("/diagram/png", response_class=Response, responses=body_format(PNG) | RENDER_RESPONSES)
def diagram_png(request: Request, _caller: ReadAccess, options: Options) -> Response:
    """Diagram as PNG, rendered offline; 501 when the extra ``svg`` is not installed."""
    return _respond(request, options, PNG, lambda text: renderer.png(text, scale=PNG_SCALE))


def _respond(
    request: Request, options: DiagramOptions, media_type: str, render: Callable[[str], bytes]
) -> Response:
    """The diagram of the current or a past report, rendered from its Mermaid text."""

    def body(report: HealthReport) -> bytes:
        return render(_mermaid(request, report, options))

    if options.at is not None:
        past = body(past_status(request, options.at))
        return Response(past, media_type=media_type, headers=SAFE_HEADERS)
    return cached_response(
        request, lambda snapshot: body(snapshot.report), media_type, SAFE_HEADERS
    )


def _mermaid(request: Request, report: HealthReport, options: DiagramOptions) -> str:
    return mermaid.draw(
        report,
        expand=options.expand,
        direction=options.direction,
        base_url=request.app.state.settings.public_url,
        asset_keys=asset_paths(each.name for each in report.processes),
    )
