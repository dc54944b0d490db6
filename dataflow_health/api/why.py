"""``/why``: the evidence of what is red."""

from http import HTTPStatus

from fastapi import APIRouter, Request

from dataflow_health.api.auth import Reader
from dataflow_health.api.dependencies import At, Process, report_at
from dataflow_health.api.envelope import Envelope, failures
from dataflow_health.operations import explain
from dataflow_health.schemas import Explanation, PipelineExplanation

router = APIRouter(tags=["why"])


@router.get("/why")
def why_all(request: Request, _who: Reader, at: At = None) -> Envelope[PipelineExplanation]:
    """Every cause with its evidence: aircraft, archive, member, byte, expected and found."""
    return Envelope(data=explain.everything(report_at(request, at)))


@router.get("/why/{process}", responses=failures(HTTPStatus.NOT_FOUND))
def why(request: Request, _who: Reader, process: Process, at: At = None) -> Envelope[Explanation]:
    """Why one process is as it is, what it blocks, and what puts it right."""
    return Envelope(data=explain.why(report_at(request, at), process))
