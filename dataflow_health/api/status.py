"""``/status``: how everything is, and how one process is."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from dataflow_health.api.auth import Reader
from dataflow_health.api.caching import board, enveloped, served
from dataflow_health.api.dependencies import At, Instant, Process, report_at, then
from dataflow_health.api.envelope import NOT_MODIFIED, Envelope, failures
from dataflow_health.diagram import report_diff
from dataflow_health.health.report import ProcessHealth
from dataflow_health.operations import explain
from dataflow_health.schemas import HealthStatus, StatusChange, StatusDiff

router = APIRouter(tags=["status"])


@router.get("/status", response_model=Envelope[HealthStatus], responses=NOT_MODIFIED)
def status(request: Request, _who: Reader, at: At = None) -> Response | Envelope[HealthStatus]:
    """Every process: status, since, reason, counts, checks, evidence; causes before effects."""
    if at is not None:
        return Envelope(data=then(request, at))
    return served(request, lambda snapshot: enveloped(board(snapshot)))


@router.get("/status/{process}", responses=failures(HTTPStatus.NOT_FOUND))
def status_of(
    request: Request, _who: Reader, process: Process, at: At = None
) -> Envelope[ProcessHealth]:
    """One process."""
    return Envelope(data=explain.process(report_at(request, at), process))


@router.get("/changes")
def changes(
    request: Request, _who: Reader, before: Instant, after: Instant
) -> Envelope[StatusDiff]:
    """Every process whose status differs between two instants."""
    found = report_diff.changes(then(request, before), then(request, after))
    told = tuple(
        StatusChange(process=c.process, before=c.before, after=c.after, reason=c.reason)
        for c in found
    )
    return Envelope(data=StatusDiff(before_at=before, after_at=after, changes=told))
