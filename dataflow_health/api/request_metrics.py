"""Every request has an id, in and out and in each line it logs, and is counted.

Plain ASGI, since a stream of events passes through it too.
"""

import re
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from threading import Lock

from loguru import logger
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_ID_HEADER = "X-Request-Id"

_SAFE = re.compile(r"[A-Za-z0-9._-]{1,64}")
_KEY = "dataflow_health.request_id"

BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


@dataclass(slots=True)
class RequestMetrics:
    """What was served since the start. Labels are routes, never paths, so they are bounded.

    Attributes:
        requests: By route and status.
        seconds: Their sum by route.
        slower: By route and bucket, how many took no longer than the bucket.
    """

    requests: Counter[tuple[str, int]] = field(default_factory=Counter)
    seconds: Counter[str] = field(default_factory=Counter)
    within: Counter[tuple[str, float]] = field(default_factory=Counter)
    lock: Lock = field(default_factory=Lock)

    def count(self, route: str, status: int, seconds: float) -> None:
        """Counts one request."""
        with self.lock:
            self.requests[route, status] += 1
            self.seconds[route] += seconds  # type: ignore[assignment]
            for bucket in BUCKETS_S:
                if seconds <= bucket:
                    self.within[route, bucket] += 1


def request_id(scope: Scope) -> str:
    """The id of the request."""
    found: str = scope.get("state", {}).get(_KEY, "")
    return found


class RequestMetricsMiddleware:
    """Gives requests their id and counts them."""

    def __init__(self, app: ASGIApp, traffic: RequestMetrics) -> None:
        """Wraps an app."""
        self._app = app
        self._traffic = traffic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID_HEADER, "")
        name = given if _SAFE.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})[_KEY] = name
        status, begun = 500, time.perf_counter()

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID_HEADER] = name
            await send(message)

        with logger.contextualize(request=name):
            try:
                await self._app(scope, receive, answer)
            finally:
                took_s = time.perf_counter() - begun
                route = _route(scope)
                self._traffic.count(route, status, took_s)
                logger.debug("{} {} {} {:.1f} ms", scope["method"], route, status, took_s * 1000)


def _route(scope: Scope) -> str:
    """The route's pattern; whatever matched none is one label together."""
    path: str = getattr(scope.get("route"), "path", "unknown")
    return path
