"""What every JSON answer is wrapped in, and how every error becomes one."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Generic, Literal, TypeVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from loguru import logger
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from dataflow_health.api.request_metrics import REQUEST_ID_HEADER, request_id
from dataflow_health.errors import (
    ConfigError,
    DatabaseError,
    DataflowHealthError,
    NotAllowed,
    NotFound,
    RendererMissing,
)

T = TypeVar("T")

RouteResponses = dict[int | str, dict[str, Any]]
"""What a route may answer, for its OpenAPI."""

NOT_MODIFIED: RouteResponses = {304: {"description": "As the entity tag that was given."}}


class ErrorDetail(BaseModel):
    """What went wrong.

    Attributes:
        code: One lowercase word group for programs, such as ``not_found``.
        message: For a person: what, where, what would be right.
        request_id: To quote when asking for help; it is in the log.
    """

    model_config = ConfigDict(frozen=True)

    code: str
    message: str
    request_id: str


class Envelope(BaseModel, Generic[T]):
    """Every JSON answer: ``data`` when it went well, ``error`` when it did not."""

    model_config = ConfigDict(frozen=True)

    status: Literal["ok"] = "ok"
    data: T
    error: None = None


class ErrorEnvelope(BaseModel):
    """The same when it did not go well."""

    model_config = ConfigDict(frozen=True)

    status: Literal["error"] = "error"
    data: None = None
    error: ErrorDetail


class RequestRejected(Exception):
    """A request that is not served, and why."""

    def __init__(
        self,
        http: HTTPStatus,
        code: str,
        message: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.http = http
        self.code = code
        self.headers = dict(headers or {})
        super().__init__(message)


def body_format(media_type: str) -> RouteResponses:
    """200 with a body that is no JSON."""
    schema = {"type": "string"} | ({"format": "binary"} if media_type == "image/png" else {})
    return {200: {"content": {media_type.partition(";")[0]: {"schema": schema}}}}


def error_responses(*statuses: HTTPStatus) -> RouteResponses:
    """Errors that a route may answer with."""
    return {
        int(status): {"model": ErrorEnvelope, "description": status.description or status.phrase}
        for status in statuses
    }


def error_response(
    request: Request,
    http: HTTPStatus,
    code: str,
    message: str,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """An error as the envelope."""
    name = request_id(request.scope)
    body = ErrorEnvelope(error=ErrorDetail(code=code, message=message, request_id=name))
    sent = {**(headers or {}), REQUEST_ID_HEADER: name}
    return JSONResponse(body.model_dump(mode="json"), status_code=http, headers=sent)


def install_error_handlers(app: FastAPI) -> None:
    """Makes every error of the app an envelope, and tells none of its insides."""
    app.add_exception_handler(RequestRejected, _refused)
    app.add_exception_handler(DataflowHealthError, _told)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


async def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestRejected)  # noqa: S101
    return error_response(request, error.http, error.code, str(error), error.headers)


_KNOWN: Sequence[tuple[type[DataflowHealthError], HTTPStatus, str]] = (
    (NotFound, HTTPStatus.NOT_FOUND, "not_found"),
    (NotAllowed, HTTPStatus.CONFLICT, "not_allowed"),
    (RendererMissing, HTTPStatus.NOT_IMPLEMENTED, "renderer_missing"),
    (ConfigError, HTTPStatus.SERVICE_UNAVAILABLE, "invalid_config"),
)


async def _told(request: Request, error: Exception) -> JSONResponse:
    for kind, http, code in _KNOWN:
        if isinstance(error, kind):
            return error_response(request, http, code, str(error))
    if isinstance(error, DatabaseError):
        logger.error("{}", error)
        message = "the ledger does not answer; /status says since when"
        return error_response(
            request, HTTPStatus.SERVICE_UNAVAILABLE, "ledger_unreachable", message
        )
    return await _unexpected(request, error)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    told = "; ".join(
        f"{' '.join(str(part) for part in each['loc'])}: {each['msg']}" for each in error.errors()
    )
    return error_response(request, HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_request", told[:1000])


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    http = HTTPStatus(error.status_code)
    code = http.phrase.lower().replace(" ", "_").replace("-", "_")
    message = http.description or http.phrase
    return error_response(request, http, code, message, error.headers)


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    told = logger.bind(request=request_id(request.scope)).opt(exception=error)
    told.error("unexpected error at {}", request.url.path)
    message = "something went wrong here; the log has it under this request id"
    return error_response(request, HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", message)
