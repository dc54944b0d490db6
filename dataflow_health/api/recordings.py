"""``/recordings``: algorithm runs of all recordings; history and series of one recording."""

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from dataflow_health.api.auth import OperateAccess, ReadAccess
from dataflow_health.api.dependencies import (
    ArrivalDay,
    FilterText,
    PageQuery,
    get_dependencies,
    get_monitor,
)
from dataflow_health.api.envelope import ACTION_ERRORS, LEDGER_ERRORS, Envelope, error_responses
from dataflow_health.api.request_models import OptionalText, RequestModel
from dataflow_health.clock import utc_now
from dataflow_health.operations import rebuild, recordings, series
from dataflow_health.schemas import (
    AlgorithmRunPage,
    ParameterSeries,
    RebuildResponse,
    RecordedParameter,
    RecordingHistory,
)
from dataflow_health.storage.queries.algorithm_runs import RunFilter
from dataflow_health.storage.queries.recording_history import SHORTEST_ID

router = APIRouter(tags=["recordings"])

Column = Literal[
    "recording", "tail", "arrival_day", "algorithm", "version", "outcome", "findings", "reason",
    "uploaded_at", "archive", "member", "recorder", "layout", "arrived_at",
]  # fmt: skip
Outcome = Annotated[
    Literal["", "found", "clear", "not_applicable", "failed", "none"],
    Query(description="`none`: recordings that no algorithm has analysed yet."),
]
RecordingId = Annotated[
    str,
    Path(
        pattern=rf"^[0-9a-fA-F]{{{SHORTEST_ID},64}}$",
        description="Id of a recording, or a unique prefix of it.",
    ),
]

SecondOfRecording = Annotated[
    float | None, Field(ge=-1e9, le=1e9, allow_inf_nan=False, description="Second.")
]


class RunQuery(PageQuery):
    """Query of the drill-down table. An empty filter selects all."""

    tail: FilterText = ""
    algorithm: FilterText = ""
    outcome: Outcome = ""
    day_from: ArrivalDay = ""
    day_to: ArrivalDay = ""
    recording: Annotated[str, Query(pattern=r"^[0-9a-fA-F]{0,64}$")] = ""
    archive: FilterText = ""
    sort: Column = "uploaded_at"
    descending: bool = True


@router.get("/recordings", responses=LEDGER_ERRORS)
def list_algorithm_runs(
    request: Request, _caller: ReadAccess, query: Annotated[RunQuery, Query()]
) -> Envelope[AlgorithmRunPage]:
    """Algorithm runs, one row per recording and algorithm: filtered, sorted and paged."""
    chosen = RunFilter(**query.model_dump())
    return Envelope(data=recordings.algorithm_runs(get_monitor(request).engine, chosen))


@router.get(
    "/recordings/{recording}", responses=error_responses(HTTPStatus.NOT_FOUND) | LEDGER_ERRORS
)
def show_recording(
    request: Request, _caller: ReadAccess, recording: RecordingId
) -> Envelope[RecordingHistory]:
    """History of one recording: stage results, findings and duplicates."""
    return Envelope(data=recordings.recording_history(get_monitor(request).engine, recording))


class RebuildRequest(RequestModel):
    """First stage that makes its output again, with the reason for the audit log."""

    stage: Literal["extract", "parse", "compress", "store", "ingest", "analyse", "load"] = "extract"
    reason: OptionalText = ""


@router.post("/recordings/{recording}/rebuild", responses=ACTION_ERRORS)
def rebuild_recording(
    request: Request, operator: OperateAccess, recording: RecordingId, body: RebuildRequest
) -> Envelope[RebuildResponse]:
    """Make a recording again, from a stage on. The sensor runs it in seconds."""
    engine = get_monitor(request).engine
    records = rebuild.plan(engine, recording, body.stage)
    count = rebuild.begin(engine, records, operator, reason=body.reason, at=utc_now())
    return Envelope(data=RebuildResponse(stages=count, day=records[0].arrival_day))


@router.get(
    "/recordings/{recording}/parameters",
    responses=ACTION_ERRORS,
)
def list_parameters(
    request: Request, _caller: ReadAccess, recording: RecordingId
) -> Envelope[tuple[RecordedParameter, ...]]:
    """Parameters of one recording, and the vocabulary's quantities made from them."""
    deps = get_dependencies(request)
    return Envelope(data=series.parameters(deps.engine, deps.lake, recording, deps.catalogue))


@router.get(
    "/recordings/{recording}/series",
    responses=ACTION_ERRORS,
    response_model=Envelope[ParameterSeries],
)
def parameter_series(
    request: Request,
    _caller: ReadAccess,
    recording: RecordingId,
    parameter: FilterText,
    from_s: Annotated[SecondOfRecording, Query(alias="from")] = None,
    to_s: Annotated[SecondOfRecording, Query(alias="to")] = None,
    px: Annotated[int, Query(ge=1, le=10_000, description="Width of the plot in pixels.")] = 1000,
) -> Response:
    """Samples of one parameter in engineering units, as many as a plot of ``px`` pixels shows."""
    deps = get_dependencies(request)
    span = (from_s, to_s)
    found = series.series(deps.engine, deps.lake, recording, parameter, span, px, deps.catalogue)
    # Written here: FastAPI would validate and convert each of thousands of samples once more.
    body = Envelope[ParameterSeries](data=found).model_dump_json()
    return Response(body, media_type="application/json")
