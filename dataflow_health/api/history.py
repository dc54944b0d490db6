"""``/history``: worst status of every process on each of the last days."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from dataflow_health.api.auth import ReadAccess
from dataflow_health.api.dependencies import get_monitor
from dataflow_health.api.envelope import LEDGER_ERRORS, Envelope
from dataflow_health.monitoring import status_calendar
from dataflow_health.schemas import StatusCalendar

router = APIRouter(tags=["history"])


@router.get("/history", responses=LEDGER_ERRORS)
def list_status_days(
    request: Request, _caller: ReadAccess, days: Annotated[int, Query(ge=1, le=366)] = 90
) -> Envelope[StatusCalendar]:
    """Worst status and seconds in each status of every process, by UTC day, today last."""
    monitor = get_monitor(request)
    processes = monitor.snapshot().report.processes
    return Envelope(data=status_calendar.read(monitor.engine, processes, days, monitor.clock()))
