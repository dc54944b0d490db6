"""Request ids and request metrics, for every HTTP request.

Plain ASGI middleware: Starlette's own middleware class would buffer the event stream.
"""

import re
import time
import uuid

from loguru import logger
from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_ID_HEADER = "X-Request-Id"
NAMESPACE = "dataflow_health"
"""Prefix of every metric name."""
BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

_VALID_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_STATE_KEY = "dataflow_health.request_id"


class RequestMetrics:
    """Request count and response times. Labels are route patterns, never paths: they are bounded.

    Attributes:
        requests: Requests served, by route and status.
        seconds: Response times, by route.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        """Registers both metrics.

        Args:
            registry: Registry of the metrics that ``/metrics`` exports.
        """
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.requests = Counter(
            "http_requests",
            "Requests served.",
            ("route", "status"),
            namespace=NAMESPACE,
            registry=registry,
        )
        self.seconds = Histogram(
            "http_request_seconds",
            "Response time.",
            ("route",),
            namespace=NAMESPACE,
            registry=registry,
            buckets=BUCKETS_S,
        )

    def record(self, route: str, status: int, seconds: float) -> None:
        """Records one request."""
        self.requests.labels(route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)


def gauge(name: str, help_text: str, *labels: str) -> GaugeMetricFamily:
    """A gauge that is made anew at each scrape, without samples yet."""
    return GaugeMetricFamily(f"{NAMESPACE}_{name}", help_text, labels=labels)


def request_id(scope: Scope) -> str:
    """Id of the request; empty outside a request."""
    found: str = scope.get("state", {}).get(_STATE_KEY, "")
    return found


class RequestMetricsMiddleware:
    """ASGI middleware that assigns request ids, logs requests and records their metrics."""

    def __init__(self, app: ASGIApp, metrics: RequestMetrics) -> None:
        """Wraps an ASGI app."""
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID_HEADER, "")
        name = given if _VALID_ID.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})[_STATE_KEY] = name
        status, started_s = 500, time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID_HEADER] = name
            await send(message)

        with logger.contextualize(request=name):
            try:
                await self._app(scope, receive, send_with_id)
            finally:
                duration_s = time.perf_counter() - started_s
                route = _route_pattern(scope)
                self._metrics.record(route, status, duration_s)
                logger.info("{} {} {} {:.1f} ms", scope["method"], route, status, duration_s * 1e3)


def _route_pattern(scope: Scope) -> str:
    """Pattern of the matched route; ``unknown`` for all paths that match none."""
    path: str = getattr(scope.get("route"), "path", "unknown")
    return path
