"""``/ledger``: input and output counts of every stage."""

from fastapi import APIRouter, Request

from dataflow_health.api.auth import ReadAccess
from dataflow_health.api.dependencies import ArrivalDay, get_monitor
from dataflow_health.api.envelope import LEDGER_ERRORS, Envelope
from dataflow_health.clock import utc_now
from dataflow_health.operations import recordings
from dataflow_health.schemas import LedgerBalance

router = APIRouter(tags=["ledger"])


@router.get("/ledger", responses=LEDGER_ERRORS)
def ledger_balance(
    request: Request, _caller: ReadAccess, day: ArrivalDay = ""
) -> Envelope[LedgerBalance]:
    """Counts of every stage: in = done + quarantined + written off + in flight + duplicate."""
    monitor = get_monitor(request)
    processes = monitor.config.current.processes
    return Envelope(
        data=recordings.ledger_balance(monitor.engine, processes, utc_now(), day or None)
    )
