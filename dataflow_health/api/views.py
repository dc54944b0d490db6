"""``/views``: saved views of the board."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from dataflow_health.api.auth import OperateAccess, ReadAccess
from dataflow_health.api.dependencies import get_monitor
from dataflow_health.api.envelope import (
    ACTION_ERRORS,
    LEDGER_ERRORS,
    Envelope,
    RequestRejected,
    body_format,
    error_responses,
)
from dataflow_health.api.request_models import RequestModel
from dataflow_health.clock import utc_now
from dataflow_health.errors import ConfigError
from dataflow_health.health.saved_view import SavedView
from dataflow_health.operations.views import Record, SavedViews, recorder
from dataflow_health.schemas import ChangedCount, SavedViewDetail, SavedViewEntry, SavedViewResult
from dataflow_health.storage.records.audit_log import Operator

router = APIRouter(tags=["views"])

YAML = "application/yaml"
ViewName = Annotated[
    str, Path(pattern=r"^[a-z0-9][a-z0-9_]*$", max_length=64, description="Name of a view.")
]
Version = Annotated[str, Field(max_length=64, pattern=r"^[0-9a-f]*$")]
READ_ERRORS = error_responses(HTTPStatus.NOT_FOUND) | LEDGER_ERRORS
YAML_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {YAML: {"schema": {"type": "string", "description": "The file of a view."}}},
    }
}


class ViewRequest(RequestModel):
    """A view to save, and the version of the file that was edited; empty for a new one."""

    view: SavedView
    version: Version = ""


@router.get("/views", responses=LEDGER_ERRORS)
def list_views(request: Request, _caller: ReadAccess) -> Envelope[tuple[SavedViewEntry, ...]]:
    """Saved views of the board by name, also those whose file is invalid."""
    return Envelope(data=_views(request).entries())


@router.get("/views/{name}", responses=READ_ERRORS)
def show_view(request: Request, _caller: ReadAccess, name: ViewName) -> Envelope[SavedViewDetail]:
    """One view, with the version of its file."""
    return Envelope(data=_views(request).get(name))


@router.put("/views/{name}", responses=ACTION_ERRORS)
def save_view(
    request: Request, operator: OperateAccess, name: ViewName, body: ViewRequest
) -> Envelope[SavedViewResult]:
    """Save a view as a file of the configuration folder; comments of unchanged keys stay."""
    record = _record(request, operator)
    try:
        return Envelope(data=_views(request).save(name, body.view, body.version, record))
    except ConfigError as error:
        raise _invalid(error) from error


@router.delete("/views/{name}", responses=ACTION_ERRORS)
def delete_view(
    request: Request, operator: OperateAccess, name: ViewName
) -> Envelope[ChangedCount]:
    """Delete the file of a view."""
    _views(request).delete(name, _record(request, operator))
    return Envelope(data=ChangedCount(changed=1))


@router.get(
    "/views/{name}/file", response_class=Response, responses=body_format(YAML) | READ_ERRORS
)
def export_view(request: Request, _caller: ReadAccess, name: ViewName) -> Response:
    """The file of a view, byte for byte."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.yaml"'}
    return Response(_views(request).file(name), media_type=YAML, headers=headers)


@router.put("/views/{name}/file", responses=ACTION_ERRORS, openapi_extra=YAML_BODY)
async def import_view(
    request: Request,
    operator: OperateAccess,
    name: ViewName,
    version: Annotated[
        str | None,
        Query(
            max_length=64,
            pattern=r"^[0-9a-f]*$",
            description="Version of the file that it replaces; empty: none; left out: any.",
        ),
    ] = None,
) -> Envelope[SavedViewResult]:
    """Save the file of a view as it is sent."""
    raw, record = await request.body(), _record(request, operator)
    views = _views(request)
    try:
        done = await run_in_threadpool(views.import_file, name, raw, version, record)
    except ConfigError as error:
        raise _invalid(error) from error
    return Envelope(data=done)


def _views(request: Request) -> SavedViews:
    return SavedViews(request.app.state.settings)


def _record(request: Request, operator: Operator) -> Record:
    return recorder(get_monitor(request).engine, operator, utc_now())


def _invalid(error: ConfigError) -> RequestRejected:
    """What a caller sent is the mistake, not the configuration of the server."""
    return RequestRejected(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_view", str(error))
