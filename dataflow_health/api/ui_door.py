"""Door of the Dagster UI, which has none of its own: sign-in, and no GraphQL by GET."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Protocol
from urllib.parse import quote

from jinja2 import Environment
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dataflow_health.api.door import REFUSED_SOCKET
from dataflow_health.api.envelope import error_response

SIGN_IN_PATH = "/sign-in"
CONTINUE_PATH = "/sign-in/continue"
OPEN_PATHS = ("/server_info",)
"""Paths that need no sign-in: a probe's."""

_NOT_VALID = (
    "This link was used before, is older than a day, or was made for another home or by another"
    " user of the machine."
)
_PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
_PAGES = Environment(autoescape=True)
_HELP = _PAGES.from_string("""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Sign in: Dataflow Health</title>
<h1>Sign in</h1>
<p>{{ reason }}</p>
<p>Open the link that <code>dataflow-health up</code> printed. To get another one, run
this command on the machine that runs Dataflow Health, and open the link that it prints:</p>
<pre>dataflow-health sign-in</pre>
<p>Then open this page again.</p></html>""")
_BOUNCE = _PAGES.from_string("""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Dataflow Health</title>
<meta http-equiv="refresh" content="0; url={{ url }}"><a href="{{ url }}">Continue</a></html>""")


class Sessions(Protocol):
    """Tokens and sessions."""

    def redeem(self, token: str, at: datetime) -> str:
        """A new session for a one-time token; empty when the token is not valid."""

    def is_signed_in(self, session: str, at: datetime) -> bool:
        """Whether a session is valid."""


class UiDoor:
    """ASGI middleware that serves the UI to browsers that are signed in."""

    def __init__(
        self,
        app: ASGIApp,
        sessions: Sessions,
        now: Callable[[], datetime],
        *,
        start_page: str,
        cookie: str,
        is_secure: bool,
    ) -> None:
        """Wraps an ASGI app.

        Args:
            app: The app.
            sessions: Tokens and sessions.
            now: Returns the current time.
            start_page: Path to open after sign-in.
            cookie: Name of the cookie, different for each installation: cookies know no port.
            is_secure: Whether people reach the UI by HTTPS, so that the cookie needs it.
        """
        self._app = app
        self._sessions = sessions
        self._now = now
        self._start_page = start_page
        self._cookie = cookie
        self._is_secure = is_secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves or refuses one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        session = HTTPConnection(scope).cookies.get(self._cookie, "")
        is_signed_in = bool(session) and self._sessions.is_signed_in(session, self._now())
        if scope["type"] == "http":
            response = self._answer(Request(scope), is_signed_in=is_signed_in)
            await (response or self._app)(scope, receive, _unframed(send))
        elif is_signed_in:
            socket = _SessionSocket(
                receive, send, lambda: self._sessions.is_signed_in(session, self._now())
            )
            await self._app(scope, socket.receive, socket.send)
        else:
            await send(REFUSED_SOCKET)

    def _answer(self, request: Request, *, is_signed_in: bool) -> Response | None:
        """The door's own response; None when Dagster is to give one."""
        path = request.scope["path"]  # as Dagster routes; an URL is made from the client's Host
        if path == SIGN_IN_PATH:
            return self._sign_in(request, is_signed_in=is_signed_in)
        if path in OPEN_PATHS:
            return None
        if not is_signed_in:
            return _refuse(request)
        if path == CONTINUE_PATH:
            return RedirectResponse(_local(request.query_params.get("to", "")), 303, _PRIVATE)
        return _refuse_query(request)

    def _sign_in(self, request: Request, *, is_signed_in: bool) -> Response:
        session = self._sessions.redeem(request.query_params.get("token", ""), self._now())
        response = RedirectResponse(self._start_page, 303, _PRIVATE)
        if not session:
            return response if is_signed_in else _help(_NOT_VALID)
        response.set_cookie(
            self._cookie,
            session,
            max_age=30 * 86_400,
            httponly=True,
            samesite="strict",
            secure=self._is_secure,
        )
        return response


def _refuse(request: Request) -> Response:
    """Response to a browser that is not signed in, or does not show that it is.

    It holds the cookie back when a link in a message or on another site led here. A page of ours
    that leads on to the same place makes it send the cookie.
    """
    if "text/html" not in request.headers.get("accept", ""):
        message = "sign in: run 'dataflow-health sign-in' and open the link that it prints"
        return error_response(request, HTTPStatus.UNAUTHORIZED, "not_signed_in", message)
    is_led_here = request.headers.get("sec-fetch-site") in ("cross-site", "same-site")
    path = request.scope["path"]
    if is_led_here and path != CONTINUE_PATH:
        place = quote(path + "?" + request.url.query, safe="")
        page = _BOUNCE.render(url=f"{CONTINUE_PATH}?to={place}")
        return HTMLResponse(page, HTTPStatus.UNAUTHORIZED, _PRIVATE)
    return _help("This browser is not signed in.")


def _help(reason: str) -> Response:
    return HTMLResponse(_HELP.render(reason=reason), HTTPStatus.UNAUTHORIZED, _PRIVATE)


def _refuse_query(request: Request) -> Response | None:
    """Refuses GraphQL by GET, which Dagster executes, mutations too, unless HTML is asked for."""
    is_graphql = request.scope["path"].rstrip("/") == "/graphql"
    if not is_graphql or (request.method == "POST" and "query" not in request.query_params):
        return None
    if request.method in ("GET", "HEAD") and "text/html" in request.headers.get("accept", ""):
        return None
    message = "send GraphQL by POST as JSON, without a query in the address"
    return error_response(request, HTTPStatus.METHOD_NOT_ALLOWED, "graphql_by_post", message)


class _SessionSocket:
    """Messages of a WebSocket, which is closed with the first one after its session has ended."""

    def __init__(self, receive: Receive, send: Send, is_signed_in: Callable[[], bool]) -> None:
        self._receive = receive
        self._send = send
        self._is_signed_in = is_signed_in
        self._is_closed = False

    async def receive(self) -> Message:
        """The next message of the client."""
        message = await self._receive()
        if message["type"] != "websocket.receive" or await self._is_open():
            return message
        return {"type": "websocket.disconnect", "code": REFUSED_SOCKET["code"]}

    async def send(self, message: Message) -> None:
        """Sends a message of the app; the app's own close is sent too."""
        if message["type"] != "websocket.send" or await self._is_open():
            await self._send_open(message)

    async def _is_open(self) -> bool:
        if not self._is_closed and not self._is_signed_in():
            await self._send_open(REFUSED_SOCKET)
        return not self._is_closed

    async def _send_open(self, message: Message) -> None:
        """Sends a message unless the socket is closed."""
        if not self._is_closed:
            self._is_closed = message["type"] == "websocket.close"
            await self._send(message)


def _local(place: str) -> str:
    """A path of this server; ``/`` for an address of another one."""
    is_path = place.startswith("/") and not place.startswith(("//", "/\\"))
    return place if is_path else "/"


def _unframed(send: Send) -> Send:
    """Sends responses that pages of other origins cannot show in a frame."""

    async def send_unframed(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["X-Frame-Options"] = "SAMEORIGIN"
        await send(message)

    return send_unframed
