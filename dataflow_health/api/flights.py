"""What a flight's page shows beside its series: phases, limits, export; and newest values."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from dataflow_health.api.auth import ReadAccess
from dataflow_health.api.dependencies import FilterText, get_dependencies
from dataflow_health.api.envelope import ACTION_ERRORS, LEDGER_ERRORS, Envelope
from dataflow_health.api.recordings import RecordingId, SecondOfRecording
from dataflow_health.operations import current_values, flight_context, series_export
from dataflow_health.operations.file_formats import FORMATS
from dataflow_health.schemas import AlgorithmLimit, CurrentFlight, FlightPhases

router = APIRouter(tags=["recordings"])

MAX_PARAMETERS = 1000
"""Names of parameters in one request."""

Parameters = Annotated[
    list[FilterText],
    Query(
        alias="parameter",
        max_length=MAX_PARAMETERS,
        description="All that are not text without it.",
    ),
]
_FILE: Mapping[int | str, dict[str, Any]] = {
    200: {
        "content": {
            each.media_type.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}}
            for each in FORMATS.values()
        },
        "description": "A row a sample: tail, parameter, unit, at_s, at (UTC), value.",
    }
}


@router.get("/recordings/{recording}/phases", responses=ACTION_ERRORS)
def flight_phases(
    request: Request, _caller: ReadAccess, recording: RecordingId
) -> Envelope[FlightPhases]:
    """Phases of flight of one recording, and its first take-off."""
    deps = get_dependencies(request)
    found = flight_context.phases(deps.engine, deps.lake, deps.catalogue, recording)
    return Envelope(data=found)


@router.get("/recordings/{recording}/limits", responses=ACTION_ERRORS)
def algorithm_limits(
    request: Request, _caller: ReadAccess, recording: RecordingId
) -> Envelope[tuple[AlgorithmLimit, ...]]:
    """Levels that algorithms give the parameters of one recording."""
    deps = get_dependencies(request)
    found = flight_context.algorithm_limits(deps.engine, deps.lake, deps.catalogue, recording)
    return Envelope(data=found)


@router.get(
    "/recordings/{recording}/export",
    responses={**_FILE, **ACTION_ERRORS},
    response_class=StreamingResponse,
)
def export_series(
    request: Request,
    _caller: ReadAccess,
    recording: RecordingId,
    parameters: Parameters = [],  # noqa: B006 - FastAPI copies it
    from_s: Annotated[SecondOfRecording, Query(alias="from")] = None,
    to_s: Annotated[SecondOfRecording, Query(alias="to")] = None,
    form: Annotated[Literal["csv", "parquet", "json"], Query(alias="format")] = "csv",
) -> StreamingResponse:
    """Every sample of some or all parameters, as a file."""
    deps = get_dependencies(request)
    export = series_export.prepare(
        deps.engine,
        deps.lake,
        deps.catalogue,
        recording,
        parameters=parameters,
        span=(from_s, to_s),
        pseudonyms=request.app.state.settings.pseudonyms,
    )
    name = f"recording_{export.file.recording.id[:12]}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    media_type = FORMATS[form].media_type
    return StreamingResponse(export.stream(form), media_type=media_type, headers=headers)


@router.get("/current", responses=LEDGER_ERRORS)
def current(
    request: Request,
    _caller: ReadAccess,
    tail: FilterText = "",
    parameters: Parameters = [],  # noqa: B006
) -> Envelope[tuple[CurrentFlight, ...]]:
    """Last known value of each parameter in the newest flight of each aircraft."""
    deps = get_dependencies(request)
    found = current_values.current(
        deps.engine, deps.lake, deps.catalogue, tail=tail, parameters=parameters
    )
    return Envelope(data=found)
