"""``/impact``: what a change of an algorithm, layout, recorder, parser or mapping would redo."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Request

from dataflow_health.api.auth import ReadAccess
from dataflow_health.api.dependencies import get_dependencies
from dataflow_health.api.envelope import LEDGER_ERRORS, Envelope, error_responses
from dataflow_health.clock import utc_now
from dataflow_health.operations import impact
from dataflow_health.operations.impact import ChangeKind
from dataflow_health.schemas import ChangeImpact

router = APIRouter(tags=["impact"])

ChangedName = Annotated[
    str, Path(max_length=128, pattern=r"^[^\x00]+$", description="Name without `.yaml`.")
]


@router.get("/impact/{name}", responses=error_responses(HTTPStatus.NOT_FOUND) | LEDGER_ERRORS)
def change_impact(
    request: Request, _caller: ReadAccess, name: ChangedName, kind: ChangeKind | None = None
) -> Envelope[ChangeImpact]:
    """Recordings, arrival days and hours that a change of what has this name would redo."""
    deps = get_dependencies(request)
    return Envelope(data=impact.impact(deps.engine, deps.catalogue, name, kind, utc_now()))
