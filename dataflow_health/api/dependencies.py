"""What requests may ask for, in one place, so that every route refuses the same nonsense."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import Path, Query, Request
from pydantic import AwareDatetime

from dataflow_health.api.caching import health_status
from dataflow_health.health.frozen_model import NAME_PATTERN
from dataflow_health.health.report import HealthReport
from dataflow_health.monitoring import status_history
from dataflow_health.monitoring.monitor import Monitor
from dataflow_health.schemas import HealthStatus

EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)

Timestamp = Annotated[AwareDatetime, Query(ge=EARLIEST, le=LATEST)]

AsOf = Annotated[
    AwareDatetime | None,
    Query(ge=EARLIEST, le=LATEST, description="Show it as it was at this instant."),
]
ProcessName = Annotated[
    str, Path(pattern=NAME_PATTERN, max_length=64, description="Name of a process.")
]
Expand = Annotated[bool, Query(description="Show every check and every algorithm on its own.")]
Direction = Annotated[Literal["TB", "LR"], Query(description="Downwards or to the right.")]
FilterText = Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")]
ArrivalDay = Annotated[str, Query(pattern=r"^(\d{4}-\d{2}-\d{2})?$", description="As 2026-11-20.")]
PageSize = Annotated[int, Query(ge=1, le=500)]
Offset = Annotated[int, Query(ge=0, le=10_000_000)]


def get_monitor(request: Request) -> Monitor:
    """The watch of the app that serves a request."""
    watch: Monitor = request.app.state.watch
    return watch


def get_report(request: Request, at: datetime | None) -> HealthReport:
    """The newest report, or the one of an instant.

    Raises:
        DatabaseError: The history cannot be read.
    """
    return get_monitor(request).snapshot().report if at is None else past_status(request, at)


def past_status(request: Request, at: datetime) -> HealthStatus:
    """The report of an instant, from the history.

    Raises:
        DatabaseError: The history cannot be read.
    """
    watch = get_monitor(request)
    past = status_history.as_of(watch.engine, watch.config.current.processes, at)
    return HealthStatus.model_construct(**dict(past))


def now(request: Request) -> HealthStatus:
    """The newest report with what is known of its own health."""
    return health_status(get_monitor(request).snapshot())
