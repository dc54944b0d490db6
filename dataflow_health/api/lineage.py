"""``/lineage``: what is made from what, from archives to findings."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request

from dataflow_health.api.auth import ReadAccess
from dataflow_health.api.dependencies import FilterText, get_dependencies
from dataflow_health.api.envelope import LEDGER_ERRORS, Envelope, error_responses
from dataflow_health.health.lineage import Lineage
from dataflow_health.operations import lineage
from dataflow_health.operations.lineage import Direction
from dataflow_health.schemas import LineageGraph, LineagePath
from dataflow_health.storage.queries.recording_history import SHORTEST_ID

router = APIRouter(tags=["lineage"])

ERRORS = error_responses(HTTPStatus.NOT_FOUND) | LEDGER_ERRORS

NodeName = Annotated[
    FilterText,
    Query(description="`kind:name`, as `algorithm:rotor_speed_low`; all without it."),
]
Depth = Annotated[int | None, Query(ge=1, le=100, description="Largest distance in arrows.")]
OfRecording = Annotated[
    str,
    Query(
        pattern=rf"^([0-9a-fA-F]{{{SHORTEST_ID},64}})?$",
        description="Only what this recording went through.",
    ),
]


@router.get("/lineage", responses=ERRORS)
def lineage_graph(
    request: Request,
    _caller: ReadAccess,
    node: NodeName = "",
    direction: Direction = "both",
    depth: Depth = None,
    recording: OfRecording = "",
) -> Envelope[LineageGraph]:
    """A node with all that it is made from and all that is made from it."""
    return Envelope(data=lineage.graph(_read(request, recording), node, direction, depth))


@router.get("/lineage/path", responses=ERRORS)
def lineage_path(
    request: Request,
    _caller: ReadAccess,
    first: NodeName,
    last: NodeName,
    recording: OfRecording = "",
) -> Envelope[LineagePath]:
    """A shortest way between two nodes, and all others; no nodes when there is none."""
    return Envelope(data=lineage.path(_read(request, recording), first, last))


def _read(request: Request, recording: str) -> Lineage:
    deps = get_dependencies(request)
    return lineage.read(deps.engine, deps.catalogue, recording, deps.lake.url)
