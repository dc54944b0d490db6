"""Envelope of every JSON response, and error handlers that use it."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Generic, Literal, TypeVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from loguru import logger
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from dataflow_health import masking, settings
from dataflow_health.api.request_metrics import REQUEST_ID_HEADER, request_id
from dataflow_health.errors import (
    ConfigError,
    DatabaseError,
    DataflowHealthError,
    NotAllowed,
    NotFound,
    RendererMissing,
    StorageError,
)

T = TypeVar("T")

RouteResponses = dict[int | str, dict[str, Any]]
"""Responses of a route by HTTP status, for its OpenAPI document."""

NOT_MODIFIED: RouteResponses = {304: {"description": "Unchanged since the given entity tag."}}
MAX_MESSAGE_CHARACTERS = 1000


class ErrorDetail(BaseModel):
    """Details of an error.

    Attributes:
        code: Error code for programs, in snake case, such as ``not_found``.
        message: Message for people: what is wrong, where, and what would be valid.
        request_id: Id of the request; its log lines carry it too.
    """

    model_config = ConfigDict(frozen=True)

    code: str
    message: str
    request_id: str


class Envelope(BaseModel, Generic[T]):
    """Successful JSON response."""

    model_config = ConfigDict(frozen=True)

    status: Literal["ok"] = "ok"
    data: T
    error: None = None


class ErrorEnvelope(BaseModel):
    """JSON response of a request that failed."""

    model_config = ConfigDict(frozen=True)

    status: Literal["error"] = "error"
    data: None = None
    error: ErrorDetail


class RequestRejected(Exception):
    """The API does not serve this request; the message gives the reason."""

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
    """OpenAPI entry for a 200 response whose body is not JSON."""
    schema = {"type": "string"} | ({"format": "binary"} if media_type == "image/png" else {})
    return {200: {"content": {media_type.partition(";")[0]: {"schema": schema}}}}


def error_responses(*statuses: HTTPStatus) -> RouteResponses:
    """OpenAPI entries for the errors of a route."""
    return {
        int(status): {"model": ErrorEnvelope, "description": status.description or status.phrase}
        for status in statuses
    }


LEDGER_ERRORS = error_responses(HTTPStatus.SERVICE_UNAVAILABLE)
"""Errors of a route that reads the ledger."""

ACTION_ERRORS = error_responses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT) | LEDGER_ERRORS
"""Errors of a route that acts on one named item."""


def error_response(
    request: Request,
    http: HTTPStatus,
    code: str,
    message: str,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Error as a JSON response in the envelope, without secrets."""
    name = request_id(request.scope)
    shown = masking.mask(message, settings.environment())
    body = ErrorEnvelope(error=ErrorDetail(code=code, message=shown, request_id=name))
    sent = {**(headers or {}), REQUEST_ID_HEADER: name}
    return JSONResponse(body.model_dump(mode="json"), status_code=http, headers=sent)


def install_error_handlers(app: FastAPI) -> None:
    """Installs handlers that turn every error into an envelope without internal details."""
    app.add_exception_handler(RequestRejected, _on_rejected)
    app.add_exception_handler(DataflowHealthError, _on_domain_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(Exception, _on_unexpected_error)


async def _on_rejected(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestRejected)  # noqa: S101
    return error_response(request, error.http, error.code, str(error), error.headers)


_ERROR_CODES: Sequence[tuple[type[DataflowHealthError], HTTPStatus, str]] = (
    (NotFound, HTTPStatus.NOT_FOUND, "not_found"),
    (NotAllowed, HTTPStatus.CONFLICT, "not_allowed"),
    (RendererMissing, HTTPStatus.NOT_IMPLEMENTED, "renderer_missing"),
    (ConfigError, HTTPStatus.SERVICE_UNAVAILABLE, "invalid_config"),
)


async def _on_domain_error(request: Request, error: Exception) -> JSONResponse:
    for kind, http, code in _ERROR_CODES:
        if isinstance(error, kind):
            return error_response(request, http, code, str(error))
    if isinstance(error, StorageError):
        logger.error("{}", error)
        message = (
            "the files of the recordings cannot be read; see /status for the process lake_disk"
        )
        return error_response(request, HTTPStatus.SERVICE_UNAVAILABLE, "files_unreadable", message)
    if isinstance(error, DatabaseError):
        logger.error("{}", error)
        message = "the ledger is unreachable; see /status for the time since when"
        return error_response(
            request, HTTPStatus.SERVICE_UNAVAILABLE, "ledger_unreachable", message
        )
    return await _on_unexpected_error(request, error)


async def _on_invalid_request(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    message = "; ".join(
        f"{' '.join(str(part) for part in each['loc'])}: {each['msg']}" for each in error.errors()
    )[:MAX_MESSAGE_CHARACTERS]
    return error_response(request, HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_request", message)


async def _on_http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    http = HTTPStatus(error.status_code)
    code = http.phrase.lower().replace(" ", "_").replace("-", "_")
    return error_response(request, http, code, http.description or http.phrase, error.headers)


async def _on_unexpected_error(request: Request, error: Exception) -> JSONResponse:
    log = logger.bind(request=request_id(request.scope)).opt(exception=error)
    log.error("unexpected error at {}", request.url.path)
    message = "internal error; the server's log has the details under this request id"
    return error_response(request, HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", message)
