"""``/recordings``: the drill-down table, and one recording's way."""

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request

from dataflow_health import schemas
from dataflow_health.api.auth import Reader
from dataflow_health.api.dependencies import Day, Offset, Page, Text, watch_of
from dataflow_health.api.envelope import Envelope, failures
from dataflow_health.operations import recordings
from dataflow_health.schemas import LedgerBalance, RecordingHistory
from dataflow_health.storage.queries.drill_down import SHORTEST_ID, Wanted

router = APIRouter(tags=["recordings"])

Column = Literal[
    "recording", "tail", "arrival_day", "algorithm", "version", "outcome", "findings", "reason",
    "uploaded_at", "archive", "member", "recorder", "layout", "arrived_at",
]  # fmt: skip
Outcome = Literal["", "found", "clear", "not_applicable", "failed", "none"]
AWAY = failures(HTTPStatus.SERVICE_UNAVAILABLE)


@router.get("/recordings", responses=AWAY)
def page(
    request: Request,
    _who: Reader,
    tail: Text = "",
    algorithm: Text = "",
    outcome: Annotated[
        Outcome, Query(description="`none`: recordings that no algorithm has answered.")
    ] = "",
    day_from: Day = "",
    day_to: Day = "",
    recording: Annotated[str, Query(pattern=r"^[0-9a-fA-F]{0,64}$")] = "",
    archive: Text = "",
    sort: Column = "uploaded_at",
    descending: bool = True,
    limit: Page = 50,
    offset: Offset = 0,
) -> Envelope[schemas.AlgorithmRunPage]:
    """Recording, algorithm, outcome and upload time: filtered, sorted, a page at a time."""
    wanted = Wanted(
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
    return Envelope(data=recordings.page(watch_of(request).engine, wanted))


@router.get("/recordings/{recording}", responses=failures(HTTPStatus.NOT_FOUND) | AWAY)
def way(
    request: Request,
    _who: Reader,
    recording: Annotated[
        str,
        Path(
            pattern=rf"^[0-9a-fA-F]{{{SHORTEST_ID},64}}$",
            description="Its id, or enough of the beginning.",
        ),
    ],
) -> Envelope[RecordingHistory]:
    """What became of one recording at every stage, what was found in it, and where else it is."""
    return Envelope(data=recordings.way(watch_of(request).engine, recording))


@router.get("/ledger", responses=AWAY)
def ledger(request: Request, _who: Reader, day: Day = "") -> Envelope[LedgerBalance]:
    """The account of every stage: in = done + quarantined + written off + in flight + duplicate."""
    return Envelope(data=recordings.accounts(watch_of(request).engine, day or None))
