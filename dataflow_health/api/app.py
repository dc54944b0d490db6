"""FastAPI app of the API: :func:`create_app`. Importing this module has no side effects."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import cache
from http import HTTPStatus

from fastapi import APIRouter, FastAPI, Request
from fastapi_offline import FastAPIOffline
from prometheus_client import CollectorRegistry, ProcessCollector
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute

from dataflow_health import wiring
from dataflow_health.api import (
    annotations,
    audit,
    badge,
    diagram,
    envelope,
    events,
    explain,
    findings,
    fleet,
    flights,
    health,
    history,
    impact,
    incidents,
    ledger,
    lineage,
    metrics,
    owed,
    pages,
    quarantine,
    recordings,
    rerun,
    session,
    slos,
    status,
    systems,
    telemetry,
    views,
    vocabulary,
)
from dataflow_health.api.aircraft_metrics import AircraftCollector
from dataflow_health.api.auth import Authenticator, RateLimiter
from dataflow_health.api.caching import ResponseCache
from dataflow_health.api.caller import Caller
from dataflow_health.api.door import Door
from dataflow_health.api.envelope import error_responses
from dataflow_health.api.metrics import ReportCollector
from dataflow_health.api.request_metrics import (
    REQUEST_ID_HEADER,
    RequestMetrics,
    RequestMetricsMiddleware,
)
from dataflow_health.api.signal_hub import SignalHub
from dataflow_health.api.work_metrics import WorkCollector
from dataflow_health.monitoring import dagster_links
from dataflow_health.monitoring.collectors.keeper import SystemKeeper
from dataflow_health.monitoring.dagster_state import DagsterState
from dataflow_health.monitoring.monitor import Monitor
from dataflow_health.monitoring.signals.keeper import SignalKeeper
from dataflow_health.settings import Settings, TokenSettings

PREFIX = "/api/v1"
TITLE = "Dataflow Health"

RESOURCES = (
    health, status, diagram, explain, fleet, recordings, flights, findings,
    ledger, owed, impact, lineage, systems, incidents, annotations,
    quarantine, rerun, slos, vocabulary, views, audit, session, events, telemetry, metrics,
    badge, history,
)  # fmt: skip
"""Route modules, in the order of the OpenAPI document."""

UNPREFIXED_PATHS = ("/health", "/status", "/diagram", "/diagram/svg")
"""Paths served without the prefix too."""

COMMON_ERRORS = error_responses(
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
"""Errors that every route can return."""


def create_app(
    settings: Settings,
    monitor: Monitor | None = None,
    *,
    dagster: DagsterState | None = None,
    hosts: Sequence[str] = (),
) -> FastAPI:
    """Builds the app.

    Args:
        settings: Settings of the installation.
        monitor: Monitor to serve; by default one for the settings' installation. The app starts
            and stops it.
        dagster: Daemons and sensors, for the probes of the default monitor.
        hosts: Names by which the server may be asked for; empty for any.

    Raises:
        ConfigError: The YAML configuration is invalid.
        DatabaseError: The database URL is invalid.
    """
    registry = CollectorRegistry()
    app = FastAPIOffline(
        title=TITLE,
        version="1",
        description="Health of the pipeline with reasons and history, for any front end.",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=f"{PREFIX}/docs",
        redoc_url=f"{PREFIX}/redoc",
        static_url=f"{PREFIX}/docs-assets",
        swagger_ui_oauth2_redirect_url=f"{PREFIX}/docs/oauth2-redirect",
        lifespan=_lifespan,
        middleware=_middleware(settings, registry, hosts),
    )
    app.state.settings = settings
    app.state.monitor = monitor or wiring.monitor(settings, dagster)
    app.state.authenticator = Authenticator(
        settings.api_keys,
        RateLimiter(settings.rate_limit_per_minute),
        _token_verifier(settings.tokens) if settings.tokens else None,
    )
    app.state.metrics_registry = registry
    app.state.response_cache = ResponseCache()
    app.state.event_queues = set()
    _register_collectors(registry, app.state.monitor, settings)
    app.state.signals = wiring.signals(settings)
    app.state.systems = wiring.systems(app.state.monitor, settings)
    app.state.signal_hub = SignalHub()
    app.state.signals.receiver.listen(app.state.signal_hub.publish)
    envelope.install_error_handlers(app)
    app.router.routes.extend(_resource_routes())
    for page in ("/docs", "/redoc"):
        app.add_route(page, _redirect_to_prefix, include_in_schema=False)
    app.add_route("/graph", _redirect_to_graph, include_in_schema=False)
    pages.install(app)
    return app


def _register_collectors(registry: CollectorRegistry, monitor: Monitor, settings: Settings) -> None:
    """Adds what ``/metrics`` exports beside the requests."""
    engine, clock = monitor.engine, monitor.clock
    registry.register(ReportCollector(monitor.snapshot))
    registry.register(WorkCollector(engine, clock))
    registry.register(AircraftCollector(engine, clock, settings.home))
    ProcessCollector(registry=registry)


def _token_verifier(tokens: TokenSettings) -> Callable[[str], Caller]:
    """Reads users' tokens; their library is loaded only where they are used."""
    from dataflow_health.api import key_set
    from dataflow_health.api.tokens import TokenVerifier

    return TokenVerifier(tokens, key_set.KeySet(key_set.reader(tokens.keys))).verify


def _redirect_to_prefix(request: Request) -> RedirectResponse:
    """Leads from a page without the prefix to the one with it."""
    return RedirectResponse(f"{PREFIX}{request.url.path}")


def _redirect_to_graph(request: Request) -> RedirectResponse:
    """Leads from a short address to Dagster's asset graph."""
    return RedirectResponse(request.app.state.settings.public_url + dagster_links.GRAPH)


def _middleware(
    settings: Settings, registry: CollectorRegistry, hosts: Sequence[str]
) -> list[Middleware]:
    request_metrics = Middleware(RequestMetricsMiddleware, metrics=RequestMetrics(registry))
    door = Middleware(Door, hosts=hosts, origins=settings.cors_origins)
    if not settings.cors_origins:
        return [request_metrics, door]
    cors = Middleware(
        CORSMiddleware,
        allow_origins=list(settings.cors_origins),
        allow_methods=["GET", "POST", "PUT", "DELETE"],
        allow_headers=[
            "Authorization", "X-API-Key", REQUEST_ID_HEADER, "If-None-Match", "Last-Event-ID",
        ],
        expose_headers=["ETag", REQUEST_ID_HEADER, "Retry-After"],
    )  # fmt: skip
    return [request_metrics, cors, door]


@cache
def _resource_routes() -> Sequence[BaseRoute]:
    """Routes of all resources, which every app of a process shares.

    FastAPI analyses the parameters of a route at the first request and keeps them in these
    objects. That takes longer than the request.
    """
    router = APIRouter()
    for resource in RESOURCES:
        router.include_router(resource.router, prefix=PREFIX, responses=COMMON_ERRORS)
    router.include_router(_unprefixed_router(), include_in_schema=False)
    return router.routes


def _unprefixed_router() -> APIRouter:
    router = APIRouter()
    for resource in RESOURCES:
        router.routes.extend(
            route
            for route in resource.router.routes
            if getattr(route, "path", "") in UNPREFIXED_PATHS
        )
    return router


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    monitor: Monitor = app.state.monitor
    signals: SignalKeeper = app.state.signals
    systems: SystemKeeper = app.state.systems
    monitor.start()
    signals.start()
    if app.state.settings.api_probes:
        systems.start()
    yield
    systems.stop()
    signals.stop()
    monitor.stop()
