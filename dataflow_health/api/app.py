"""The app put together: ``create_app(settings)``. Nothing happens at import."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

from fastapi import APIRouter, FastAPI
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from dataflow_health.api import (
    badge,
    diagram,
    envelope,
    events,
    explain,
    fleet,
    health,
    metrics,
    oncall,
    recordings,
    status,
)
from dataflow_health.api.auth import Authenticator, RateLimiter
from dataflow_health.api.caching import ResponseCache
from dataflow_health.api.envelope import error_responses
from dataflow_health.api.request_metrics import (
    REQUEST_ID_HEADER,
    RequestMetrics,
    RequestMetricsMiddleware,
)
from dataflow_health.monitoring import monitor_wiring
from dataflow_health.monitoring.monitor import Monitor
from dataflow_health.settings import Settings

PREFIX = "/api/v1"
TITLE = "Dataflow Health"

ROUTERS = (health, status, diagram, explain, fleet, recordings, oncall, events, metrics, badge)

BARE = ("/health", "/status", "/diagram", "/diagram/svg")
"""Answered without the prefix too."""

OFTEN = error_responses(
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
"""What any route may answer."""


def create_app(settings: Settings, watch: Monitor | None = None) -> FastAPI:
    """Builds the app.

    Args:
        settings: The settings.
        watch: What is served; one over the settings' installation when not given. The app starts
            and stops it.

    Raises:
        ConfigError: The declared YAML is wrong.
        DatabaseError: The database's URL is none.
    """
    traffic = RequestMetrics()
    app = FastAPI(
        title=TITLE,
        version="1",
        description="How the pipeline is, why, and since when; for any front end.",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=f"{PREFIX}/docs",
        redoc_url=None,
        lifespan=_alive,
        middleware=_middleware(settings, traffic),
    )
    app.state.settings = settings
    app.state.watch = watch or monitor_wiring.over(settings)
    app.state.access = Authenticator(settings.api_keys, RateLimiter(settings.rate_limit_per_minute))
    app.state.traffic = traffic
    app.state.shelf = ResponseCache()
    app.state.lines = set()
    envelope.install_error_handlers(app)
    for each in ROUTERS:
        app.include_router(each.router, prefix=PREFIX, responses=OFTEN)
    app.include_router(_bare(), include_in_schema=False)
    return app


def _middleware(settings: Settings, traffic: RequestMetrics) -> list[Middleware]:
    tracing = Middleware(RequestMetricsMiddleware, traffic=traffic)
    if not settings.cors_origins:
        return [tracing]
    cors = Middleware(
        CORSMiddleware,
        allow_origins=list(settings.cors_origins),
        allow_methods=["GET", "POST"],
        allow_headers=[
            "Authorization",
            "X-API-Key",
            REQUEST_ID_HEADER,
            "If-None-Match",
            "Last-Event-ID",
        ],
        expose_headers=["ETag", REQUEST_ID_HEADER, "Retry-After"],
    )
    return [tracing, cors]


def _bare() -> APIRouter:
    """The same routes by their short names."""
    router = APIRouter()
    for each in ROUTERS:
        router.routes.extend(r for r in each.router.routes if getattr(r, "path", "") in BARE)
    return router


@asynccontextmanager
async def _alive(app: FastAPI) -> AsyncIterator[None]:
    watch: Monitor = app.state.watch
    watch.start()
    yield
    watch.stop()
