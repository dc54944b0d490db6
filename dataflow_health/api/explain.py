"""``/explain``: reasons and evidence for the status of the pipeline or of one process."""

from http import HTTPStatus

from fastapi import APIRouter, Request

from dataflow_health.api.auth import ReadAccess
from dataflow_health.api.dependencies import AsOf, ProcessName, get_report
from dataflow_health.api.envelope import Envelope, error_responses
from dataflow_health.operations import explain
from dataflow_health.schemas import Explanation, PipelineExplanation

router = APIRouter(tags=["explain"])


@router.get("/explain")
def explain_pipeline(
    request: Request, _caller: ReadAccess, at: AsOf = None
) -> Envelope[PipelineExplanation]:
    """Failed processes with their evidence: aircraft, archive, member, byte, expected, found."""
    return Envelope(data=explain.explain_pipeline(get_report(request, at)))


@router.get("/explain/{process}", responses=error_responses(HTTPStatus.NOT_FOUND))
def explain_process(
    request: Request, _caller: ReadAccess, process: ProcessName, at: AsOf = None
) -> Envelope[Explanation]:
    """Reason for the status of one process, what it blocks, and the commands that repair it."""
    return Envelope(data=explain.explain_process(get_report(request, at), process))
