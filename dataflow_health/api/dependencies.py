"""Query and path parameters shared by all routes, and access to the monitor behind them."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Literal

from fastapi import Path, Query, Request
from pydantic import AwareDatetime, BaseModel

from dataflow_health import wiring
from dataflow_health.config.catalogue import Catalogue
from dataflow_health.health.frozen_model import NAME_PATTERN
from dataflow_health.health.report import HealthReport
from dataflow_health.monitoring import health_service
from dataflow_health.monitoring.monitor import Monitor
from dataflow_health.schemas import HealthStatus
from dataflow_health.settings import Settings
from dataflow_health.stages.stage import Dependencies

EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
LARGEST_ID = 2**31 - 1

Timestamp = Annotated[AwareDatetime, Query(ge=EARLIEST, le=LATEST)]

AsOf = Annotated[
    AwareDatetime | None,
    Query(ge=EARLIEST, le=LATEST, description="Time in the past; the current state without it."),
]
ProcessName = Annotated[
    str, Path(pattern=NAME_PATTERN, max_length=64, description="Name of a process.")
]
Expand = Annotated[bool, Query(description="Draw every check and every algorithm separately.")]
Direction = Annotated[Literal["TB", "LR"], Query(description="Top to bottom, or left to right.")]
FilterText = Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")]
ArrivalDay = Annotated[
    str, Query(pattern=r"^(\d{4}-\d{2}-\d{2})?$", description="UTC day, such as 2026-11-20.")
]
PageSize = Annotated[int, Query(ge=1, le=500)]
Offset = Annotated[int, Query(ge=0, le=10_000_000)]
BeforeId = Annotated[
    int | None, Query(ge=1, le=LARGEST_ID, description="Only entries with a smaller id.")
]


class PageQuery(BaseModel):
    """Query of a list that is read page by page."""

    limit: PageSize = 50
    offset: Offset = 0


def get_monitor(request: Request) -> Monitor:
    """Monitor of the app that serves a request."""
    monitor: Monitor = request.app.state.monitor
    return monitor


def get_report(request: Request, at: datetime | None) -> HealthReport:
    """Newest report, or the report of a time in the past.

    Raises:
        DatabaseError: The history cannot be read.
    """
    return get_monitor(request).snapshot().report if at is None else past_status(request, at)


def past_status(request: Request, at: datetime) -> HealthStatus:
    """Report of a time in the past, from the history of status changes.

    Raises:
        DatabaseError: The history cannot be read.
    """
    monitor = get_monitor(request)
    return health_service.as_of(monitor.engine, monitor.config.current, at)


def get_dependencies(request: Request) -> Dependencies:
    """Dependencies of the stages, with the same YAML configuration as the health report.

    Raises:
        ConfigError: The YAML is invalid.
        DatabaseError: The database is unreachable, or its schema is newer than this version.
    """
    settings: Settings = request.app.state.settings
    catalogue = _catalogue(settings, get_monitor(request).config.version)
    return replace(wiring.dependencies(settings), catalogue=catalogue)


@lru_cache(maxsize=1)
def _catalogue(settings: Settings, _version: int) -> Catalogue:
    return wiring.catalogue(settings)
