"""The door of the API: refuses requests that no front end of ours sends, before a route sees them.

A page of another site can send requests to a server on this machine. It cannot set the header
``Host`` of a name that is ours, hide its ``Origin``, or send JSON without asking first.
"""

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dataflow_health.api.envelope import RequestRejected, error_response

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")
"""Names of this machine for itself."""

MAX_BODY_BYTES = 1 << 20
"""Largest body: an action names at most some thousand items."""

BODY_WITHIN_S = 30.0
"""Seconds within which the next part of a body must come."""

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


def allowed_hosts(declared: Sequence[str], listens_on: str) -> tuple[str, ...]:
    """Names by which the server may be asked for; none for any.

    Args:
        declared: Names in the settings.
        listens_on: Address that the server listens on.
    """
    if declared:
        return (*declared, *LOOPBACK_HOSTS)
    return LOOPBACK_HOSTS if listens_on in ("localhost", "127.0.0.1", "::1") else ()


class Door:
    """ASGI middleware that checks Host, Origin, media type and size of every request."""

    def __init__(self, app: ASGIApp, hosts: Sequence[str], origins: Sequence[str]) -> None:
        """Wraps an ASGI app.

        Args:
            app: The app.
            hosts: Names by which the server may be asked for; empty for any.
            origins: Origins of other pages that may act; ``*`` lets others read, not act.
        """
        self._app = app
        self._hosts = hosts
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves or refuses one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _LimitedBody(receive)
        try:
            self._check(scope["method"], Headers(scope=scope))
            await self._app(scope, body.receive, send)
        except RequestRejected as rejected:
            request = Request(scope)
            response = error_response(
                request, rejected.http, rejected.code, str(rejected), {"Connection": "close"}
            )
            await response(scope, receive, send)

    def _check(self, method: str, headers: Headers) -> None:
        host = headers.get("host", "")
        if self._hosts and _name_of(host) not in self._hosts:
            message = f"this server is not {host!r}; add it to DATAFLOW_HEALTH_API_HOSTS if it is"
            raise RequestRejected(HTTPStatus.MISDIRECTED_REQUEST, "unknown_host", message)
        if int(headers.get("content-length") or 0) > MAX_BODY_BYTES:
            message = f"a body may have {MAX_BODY_BYTES:,} bytes"
            http = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            raise RequestRejected(http, "body_too_large", message)
        if method not in _SAFE_METHODS:
            self._check_action(host, headers)

    def _check_action(self, host: str, headers: Headers) -> None:
        origin = headers.get("origin", "")
        is_declared = origin in self._origins
        if origin and not is_declared and urlsplit(origin).netloc != host:
            message = f"a page of {origin} may not act here"
            raise RequestRejected(HTTPStatus.FORBIDDEN, "foreign_origin", message)
        media_type = headers.get("content-type", "application/json").partition(";")[0].strip()
        if media_type.lower() != "application/json":
            message = f"send application/json, not {media_type}"
            raise RequestRejected(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "not_json", message)


class _LimitedBody:
    """Body of one request, limited in size and in the time between its parts."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._bytes = 0
        self._is_complete = False

    async def receive(self) -> Message:
        """The next message; after the body, a client's silence is no fault."""
        if self._is_complete:
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), BODY_WITHIN_S)
        except TimeoutError:
            raise HTTPException(HTTPStatus.REQUEST_TIMEOUT) from None
        self._bytes += len(message.get("body", b""))
        self._is_complete = not message.get("more_body", False)
        if self._bytes > MAX_BODY_BYTES:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return message


def _name_of(host: str) -> str:
    """Host without its port, lower case; an IPv6 address in its brackets."""
    if host.startswith("["):
        return host.partition("]")[0].lower() + "]"
    return host.partition(":")[0].lower()
