"""``/status``: status of all processes or of one; ``/changes``: status changes over time."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from dataflow_health.api.auth import ReadAccess
from dataflow_health.api.caching import cached_response, envelope_json, health_status
from dataflow_health.api.dependencies import (
    AsOf,
    ProcessName,
    Timestamp,
    get_monitor,
    get_report,
    past_status,
)
from dataflow_health.api.envelope import LEDGER_ERRORS, NOT_MODIFIED, Envelope, error_responses
from dataflow_health.diagram import report_diff
from dataflow_health.health.report import ProcessHealth
from dataflow_health.operations import explain
from dataflow_health.schemas import HealthStatus, StatusDiff, WorkBetween
from dataflow_health.storage.queries import work_between

router = APIRouter(tags=["status"])


@router.get("/status", response_model=Envelope[HealthStatus], responses=NOT_MODIFIED)
def pipeline_status(
    request: Request, _caller: ReadAccess, at: AsOf = None
) -> Response | Envelope[HealthStatus]:
    """Every process in pipeline order: status, since, reason, counts, checks and evidence."""
    if at is not None:
        return Envelope(data=past_status(request, at))
    return cached_response(request, lambda snapshot: envelope_json(health_status(snapshot)))


@router.get("/status/{process}", responses=error_responses(HTTPStatus.NOT_FOUND))
def process_status(
    request: Request, _caller: ReadAccess, process: ProcessName, at: AsOf = None
) -> Envelope[ProcessHealth]:
    """Status of one process."""
    return Envelope(data=explain.find_process(get_report(request, at), process))


@router.get("/changes")
def status_diff(
    request: Request, _caller: ReadAccess, before: Timestamp, after: Timestamp
) -> Envelope[StatusDiff]:
    """Processes whose status differs between two times."""
    changes = report_diff.compare(past_status(request, before), past_status(request, after))
    return Envelope(data=StatusDiff(before_at=before, after_at=after, changes=changes))


@router.get("/changes/work", responses=LEDGER_ERRORS)
def new_work(
    request: Request, _caller: ReadAccess, before: Timestamp, after: Timestamp
) -> Envelope[WorkBetween]:
    """Recordings that arrived and findings that were loaded between two times."""
    found = work_between.count(get_monitor(request).engine, before, after)
    return Envelope(data=WorkBetween(before_at=before, after_at=after, **found._asdict()))
