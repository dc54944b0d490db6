"""``/findings``: findings of all recordings, their trend, and what people judge of them."""

from itertools import chain
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, BaseModel, Field

from dataflow_health.api.auth import OperateAccess, ReadAccess
from dataflow_health.api.dependencies import (
    EARLIEST,
    LARGEST_ID,
    LATEST,
    FilterText,
    Offset,
    PageQuery,
    PageSize,
    get_monitor,
)
from dataflow_health.api.envelope import ACTION_ERRORS, LEDGER_ERRORS, Envelope
from dataflow_health.api.request_models import OptionalText, RequestModel
from dataflow_health.clock import utc_now
from dataflow_health.operations import export, findings
from dataflow_health.operations import finding_trend as trend
from dataflow_health.operations.file_formats import FORMATS
from dataflow_health.schemas import FindingPage, FindingTrend, JudgedFinding
from dataflow_health.storage.queries.finding_trend import Grouping, TrendFilter
from dataflow_health.storage.queries.findings import FindingFilter

router = APIRouter(tags=["findings"])

Severity = Literal["", "info", "warning", "alert"]
State = Literal["new", "confirmed", "dismissed"]
Start = Annotated[AwareDatetime | None, Query(ge=EARLIEST, le=LATEST)]
RecordingId = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="Id of a recording.")]
AlgorithmName = Annotated[str, Path(max_length=128, pattern=r"^[^\x00]+$")]
FindingNumber = Annotated[int, Path(ge=0, le=LARGEST_ID)]


class FindingSelection(BaseModel):
    """Filter of findings. An empty one selects all whose time is known."""

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


class FindingQuery(FindingSelection, PageQuery):
    """Query of the list."""


class TrendQuery(BaseModel):
    """Query of the trend."""

    tail: FilterText = ""
    algorithm: FilterText = ""
    severity: Severity = ""
    from_at: Annotated[
        AwareDatetime | None,
        Query(ge=EARLIEST, le=LATEST, description="In the first month; 24 months without it."),
    ] = None
    to_at: Annotated[
        AwareDatetime | None,
        Query(ge=EARLIEST, le=LATEST, description="In the last month; this month without it."),
    ] = None
    by: Annotated[Grouping, Query(description="What has a line of its own.")] = "algorithm"


class ExportQuery(FindingSelection):
    """Query of a file of findings."""

    format: Literal["csv", "json", "parquet"] = "csv"
    limit: Annotated[
        PageSize | None, Query(description="Rows of a page; all findings without it.")
    ] = None
    offset: Offset = 0


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


@router.get("/findings/trend", responses=LEDGER_ERRORS)
def finding_trend(
    request: Request, _caller: ReadAccess, query: Annotated[TrendQuery, Query()]
) -> Envelope[FindingTrend]:
    """Findings by month, and per 100 flight hours: of each algorithm or each aircraft."""
    first, last = trend.span(query.from_at, query.to_at, utc_now())
    chosen = TrendFilter(first, last, query.tail, query.algorithm, query.severity)
    pseudonyms = request.app.state.settings.pseudonyms
    return Envelope(data=trend.read(get_monitor(request).engine, chosen, query.by, pseudonyms))


@router.get("/findings/export", responses=LEDGER_ERRORS, response_class=StreamingResponse)
def export_findings(
    request: Request, _caller: ReadAccess, query: Annotated[ExportQuery, Query()]
) -> StreamingResponse:
    """All findings that match, or a page of them, as a CSV, JSON or Parquet file."""
    given = query.model_dump(exclude={"format", "limit"})
    chosen = FindingFilter(**given, limit=query.limit or 0)
    pseudonyms = request.app.state.settings.pseudonyms
    tables = export.finding_tables(
        get_monitor(request).engine, chosen, pseudonyms, is_whole=query.limit is None
    )
    form = FORMATS[query.format]
    first = next(tables, None)  # an error of the database is answered before the file begins
    parts = form.write(export.FINDINGS, chain([first] if first else [], tables))
    name = f'attachment; filename="findings.{query.format}"'
    headers = {"Content-Disposition": name}
    return StreamingResponse(parts, media_type=form.media_type, headers=headers)


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
