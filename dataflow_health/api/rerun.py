"""``/rerun``: queue unfinished work again."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field

from dataflow_health.api.auth import OperateAccess
from dataflow_health.api.dependencies import get_monitor
from dataflow_health.api.envelope import ACTION_ERRORS, Envelope
from dataflow_health.api.request_models import OptionalDay, OptionalText, RequestModel
from dataflow_health.clock import utc_now
from dataflow_health.operations import rerun
from dataflow_health.operations.rerun import RerunFilter
from dataflow_health.schemas import RerunResponse

router = APIRouter(tags=["rerun"])


class RerunRequest(RequestModel):
    """Filter on the unfinished work; empty fields match everything."""

    stage: Annotated[str, Field(max_length=16, pattern=r"^[a-z]*$")] = ""
    day: OptionalDay = ""
    tail: Annotated[str, Field(max_length=32, pattern=r"^[^\x00]*$")] = ""
    dry_run: bool = False
    reason: OptionalText = ""


@router.post("/rerun", responses=ACTION_ERRORS)
def rerun_unfinished(
    request: Request, operator: OperateAccess, body: RerunRequest
) -> Envelope[RerunResponse]:
    """Queue quarantined, waiting and abandoned items again. The sensor runs them in seconds."""
    monitor = get_monitor(request)
    engine = monitor.engine
    chosen = RerunFilter(body.stage or None, body.day or None, body.tail or None)
    plan = rerun.plan(engine, chosen, monitor.config.current.processes, utc_now())
    if not body.dry_run:
        rerun.begin(engine, plan, operator, reason=body.reason, at=utc_now())
    response = RerunResponse(items=len(plan.items), days=plan.days, dry_run=body.dry_run)
    return Envelope(data=response)
