"""``/owed``: answers that algorithms owe."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request

from dataflow_health.api.auth import ReadAccess
from dataflow_health.api.dependencies import (
    ArrivalDay,
    FilterText,
    PageQuery,
    get_dependencies,
    get_monitor,
)
from dataflow_health.api.envelope import LEDGER_ERRORS, Envelope, error_responses
from dataflow_health.clock import utc_now
from dataflow_health.operations import owed
from dataflow_health.schemas import OwedWork, RecordingDebtPage

router = APIRouter(tags=["owed"])


@router.get("/owed", responses=LEDGER_ERRORS)
def owed_work(request: Request, _caller: ReadAccess) -> Envelope[OwedWork]:
    """Analysed recordings without an answer of a declared algorithm, by algorithm and day.

    Also recordings that were parsed or stored with an older parser, recorder, layout or mapping.
    """
    deps = get_dependencies(request)
    return Envelope(data=owed.owed_work(deps.engine, utc_now()))


class RecordingDebtQuery(PageQuery):
    """Query of the recordings. An empty filter selects all."""

    algorithm: FilterText = ""
    day: ArrivalDay = ""


@router.get("/owed/recordings", responses=error_responses(HTTPStatus.NOT_FOUND) | LEDGER_ERRORS)
def owed_recordings(
    request: Request, _caller: ReadAccess, query: Annotated[RecordingDebtQuery, Query()]
) -> Envelope[RecordingDebtPage]:
    """Single recordings without an answer of a declared algorithm, newest arrival day first."""
    engine = get_monitor(request).engine
    return Envelope(data=owed.recordings(engine, **query.model_dump()))
