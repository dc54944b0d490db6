"""The door of the API: refuses requests that no front end of ours sends, before a route sees them.

A page of another site can send requests to a server on this machine. It cannot set the header
``Host`` of a name that is ours, hide its ``Origin``, or send JSON without asking first.
"""

import asyncio
import ipaddress
from collections.abc import Sequence
from contextlib import suppress
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

MEDIA_TYPES = ("application/json", "application/yaml")
"""Types of a body. A browser asks before it sends one of these for a page of another site."""

BODY_WITHIN_S = 30.0
"""Seconds within which the next part of a body must come."""

REFUSED_SOCKET: Message = {"type": "websocket.close", "code": 1008}
"""Refuses a WebSocket: before it is open the client gets 403, later the code."""

PROBE_PATHS = ("/health", "/api/v1/health", "/server_info")
"""Paths that a load balancer requests by the server's address."""

_NO_HOST = frozenset("/?#@\\")
"""Characters that end a host or stand before one in an URL."""

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


def allowed_hosts(declared: Sequence[str], listens_on: str) -> tuple[str, ...]:
    """Names by which the server may be asked for; none for any.

    Args:
        declared: Names in the settings, in any case, with or without a port or brackets.
        listens_on: Address that the server listens on.
    """
    if names := [name for each in declared if (name := host_name(each))]:
        return (*names, *LOOPBACK_HOSTS)
    return LOOPBACK_HOSTS if host_name(listens_on) in LOOPBACK_HOSTS else ()


def host_name(host: str) -> str:
    """Host without its port, lower case; an IPv6 address in its shortest form in brackets.

    Empty for text that holds more than a host, as ``localhost/path?`` does.
    """
    name = "" if _NO_HOST & set(host) else host.strip().lower()
    bare, has_brackets, _ = name.removeprefix("[").partition("]")
    if not has_brackets and name.count(":") == 1:
        bare = name.partition(":")[0]
    with suppress(ValueError):
        address = ipaddress.ip_address(bare)
        return str(address) if address.version == 4 else f"[{address}]"
    return bare.removesuffix(".")


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
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if scope["type"] == "websocket":
            await self._serve_socket(headers, scope, receive, send)
            return
        body = _LimitedBody(receive)
        try:
            self._check(scope["method"], scope["path"], headers)
            await self._app(scope, body.receive, send)
        except RequestRejected as rejected:
            request = Request(scope)
            response = error_response(
                request, rejected.http, rejected.code, str(rejected), {"Connection": "close"}
            )
            await response(scope, receive, send)

    async def _serve_socket(
        self, headers: Headers, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Serves a WebSocket, by which a page may act."""
        host = headers.get("host", "")
        if self._is_known(host) and self._is_ours(headers.get("origin", ""), host):
            await self._app(scope, receive, send)
        else:
            await send(REFUSED_SOCKET)

    def _check(self, method: str, path: str, headers: Headers) -> None:
        host = headers.get("host", "")
        is_probe = method in _SAFE_METHODS and path in PROBE_PATHS and _is_address(host)
        if not self._is_known(host) and not is_probe:
            message = f"this server is not {host!r}; add it to DATAFLOW_HEALTH_API_HOSTS if it is"
            raise RequestRejected(HTTPStatus.MISDIRECTED_REQUEST, "unknown_host", message)
        if int(headers.get("content-length") or 0) > MAX_BODY_BYTES:
            message = f"a body may have {MAX_BODY_BYTES:,} bytes"
            http = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            raise RequestRejected(http, "body_too_large", message)
        if method not in _SAFE_METHODS:
            self._check_action(host, headers)

    def _is_known(self, host: str) -> bool:
        """Whether the server may be asked for by this name."""
        name = host_name(host)
        return name in self._hosts if self._hosts else bool(name) or not host

    def _check_action(self, host: str, headers: Headers) -> None:
        origin = headers.get("origin", "")
        if not self._is_ours(origin, host):
            message = f"a page of {origin} may not act here"
            raise RequestRejected(HTTPStatus.FORBIDDEN, "foreign_origin", message)
        media_type = headers.get("content-type", "application/json").partition(";")[0].strip()
        if media_type.lower() not in MEDIA_TYPES:
            message = f"send application/json, not {media_type}"
            raise RequestRejected(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "not_json", message)

    def _is_ours(self, origin: str, host: str) -> bool:
        """Whether a page of this origin may act; a program that is no browser sends no origin.

        A proxy may have put its own name for the server into ``Host``, so a page of any declared
        host may. One of this machine must have the server's port: other programs have pages too.
        """
        if not origin:
            return True
        place = urlsplit(origin).netloc
        name = host_name(place)
        is_declared = bool(name) and name in self._hosts and name not in LOOPBACK_HOSTS
        return origin in self._origins or place.lower() == host.lower() or is_declared


def _is_address(host: str) -> bool:
    """Whether a host is an IP address: no page can have made a name lead to another machine."""
    with suppress(ValueError):
        return bool(ipaddress.ip_address(host_name(host).strip("[]")))
    return False


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
