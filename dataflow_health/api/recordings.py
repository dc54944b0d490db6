"""``/recordings``: the drill-down table, and one recording's way."""

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request

from dataflow_health import schemas, wiring
from dataflow_health.api.auth import ReadAccess
from dataflow_health.api.dependencies import ArrivalDay, FilterText, Offset, PageSize, get_monitor
from dataflow_health.api.envelope import Envelope, error_responses
from dataflow_health.operations import recordings
from dataflow_health.schemas import LedgerBalance, RecordingHistory
from dataflow_health.storage.queries.algorithm_runs import RunFilter
from dataflow_health.storage.queries.recording_history import SHORTEST_ID

router = APIRouter(tags=["recordings"])

Column = Literal[
    "recording", "tail", "arrival_day", "algorithm", "version", "outcome", "findings", "reason",
    "uploaded_at", "archive", "member", "recorder", "layout", "arrived_at",
]  # fmt: skip
Outcome = Literal["", "found", "clear", "not_applicable", "failed", "none"]
AWAY = error_responses(HTTPStatus.SERVICE_UNAVAILABLE)


@router.get("/recordings", responses=AWAY)
def page(
    request: Request,
    _who: ReadAccess,
    tail: FilterText = "",
    algorithm: FilterText = "",
    outcome: Annotated[
        Outcome, Query(description="`none`: recordings that no algorithm has answered.")
    ] = "",
    day_from: ArrivalDay = "",
    day_to: ArrivalDay = "",
    recording: Annotated[str, Query(pattern=r"^[0-9a-fA-F]{0,64}$")] = "",
    archive: FilterText = "",
    sort: Column = "uploaded_at",
    descending: bool = True,
    limit: PageSize = 50,
    offset: Offset = 0,
) -> Envelope[schemas.AlgorithmRunPage]:
    """Recording, algorithm, outcome and upload time: filtered, sorted, a page at a time."""
    chosen = RunFilter(
        tail=tail,
        algorithm=algorithm,
        outcome=outcome,
        day_from=day_from,
        day_to=day_to,
        recording=recording,
        archive=archive,
        sort=sort,
        descending=descending,
        limit=limit,
        offset=offset,
    )
    return Envelope(data=recordings.algorithm_runs(get_monitor(request).engine, chosen))


@router.get("/recordings/{recording}", responses=error_responses(HTTPStatus.NOT_FOUND) | AWAY)
def way(
    request: Request,
    _who: ReadAccess,
    recording: Annotated[
        str,
        Path(
            pattern=rf"^[0-9a-fA-F]{{{SHORTEST_ID},64}}$",
            description="Its id, or enough of the beginning.",
        ),
    ],
) -> Envelope[RecordingHistory]:
    """What became of one recording at every stage, what was found in it, and where else it is."""
    return Envelope(data=recordings.recording_history(get_monitor(request).engine, recording))


@router.get("/ledger", responses=AWAY)
def ledger(request: Request, _who: ReadAccess, day: ArrivalDay = "") -> Envelope[LedgerBalance]:
    """The account of every stage: in = done + quarantined + written off + in flight + duplicate."""
    return Envelope(
        data=recordings.ledger_balance(get_monitor(request).engine, wiring.utc_now(), day or None)
    )
