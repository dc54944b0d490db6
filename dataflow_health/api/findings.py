"""``/findings``: findings of all recordings, and what people judge of them."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import AwareDatetime, Field

from dataflow_health.api.auth import OperateAccess, ReadAccess
from dataflow_health.api.dependencies import (
    EARLIEST,
    LARGEST_ID,
    LATEST,
    FilterText,
    PageQuery,
    get_monitor,
)
from dataflow_health.api.envelope import ACTION_ERRORS, LEDGER_ERRORS, Envelope
from dataflow_health.api.request_models import OptionalText, RequestModel
from dataflow_health.clock import utc_now
from dataflow_health.operations import findings
from dataflow_health.schemas import FindingPage, JudgedFinding
from dataflow_health.storage.queries.findings import FindingFilter

router = APIRouter(tags=["findings"])

Severity = Literal["", "info", "warning", "alert"]
State = Literal["new", "confirmed", "dismissed"]
Start = Annotated[AwareDatetime | None, Query(ge=EARLIEST, le=LATEST)]
RecordingId = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="Id of a recording.")]
AlgorithmName = Annotated[str, Path(max_length=128, pattern=r"^[^\x00]+$")]
FindingNumber = Annotated[int, Path(ge=0, le=LARGEST_ID)]


class FindingQuery(PageQuery):
    """Query of the list. An empty filter selects all findings whose time is known."""

    tail: FilterText = ""
    algorithm: FilterText = ""
    severity: Severity = ""
    state: Literal["", State] = ""
    recording: Annotated[str, Query(pattern=r"^([0-9a-f]{64})?$")] = ""
    from_at: Start = None
    to_at: Start = None
    undated: Annotated[
        bool, Query(description="Only findings of recordings whose start is unknown.")
    ] = False


class JudgeRequest(RequestModel):
    """What a person judges of a finding, as it was shown; a dismissal needs a reason."""

    state: State
    reason: OptionalText = ""
    start_s: Annotated[float, Field(allow_inf_nan=False, description="Start of the event shown.")]
    severity: Literal["info", "warning", "alert"]
    detail: Annotated[str, Field(description="Detail of the event shown.")]


@router.get("/findings", responses=LEDGER_ERRORS)
def list_findings(
    request: Request, _caller: ReadAccess, query: Annotated[FindingQuery, Query()]
) -> Envelope[FindingPage]:
    """Findings by time, newest first: filtered and paged."""
    chosen = FindingFilter(**query.model_dump())
    pseudonyms = request.app.state.settings.pseudonyms
    return Envelope(data=findings.page(get_monitor(request).engine, chosen, pseudonyms))


@router.post("/findings/{recording}/{algorithm}/{number}/judge", responses=ACTION_ERRORS)
def judge_finding(
    request: Request,
    operator: OperateAccess,
    recording: RecordingId,
    algorithm: AlgorithmName,
    number: FindingNumber,
    body: JudgeRequest,
) -> Envelope[JudgedFinding]:
    """Confirm a finding, dismiss it with a reason, or make it new again."""
    findings.judge(
        get_monitor(request).engine,
        findings.JudgedEvent(
            recording, algorithm, number, body.start_s, body.severity, body.detail
        ),
        operator,
        state=body.state,
        reason=body.reason,
        at=utc_now(),
    )
    return Envelope(data=JudgedFinding(state=body.state))
