"""``/systems``: other programs, and what they run."""

from http import HTTPStatus

from fastapi import APIRouter, Request

from dataflow_health.api.auth import ReadAccess
from dataflow_health.api.dependencies import ProcessName, get_monitor
from dataflow_health.api.envelope import LEDGER_ERRORS, Envelope, error_responses
from dataflow_health.operations import systems
from dataflow_health.schemas import OutsideSystem, OutsideSystemEntry

router = APIRouter(tags=["systems"])


@router.get("/systems", responses=LEDGER_ERRORS)
def system_entries(
    request: Request, _caller: ReadAccess
) -> Envelope[tuple[OutsideSystemEntry, ...]]:
    """Other programs that are declared, in short."""
    monitor = get_monitor(request)
    processes = monitor.config.current.processes
    return Envelope(data=systems.entries(monitor.engine, processes, monitor.clock()))


@router.get("/systems/{process}", responses=error_responses(HTTPStatus.NOT_FOUND) | LEDGER_ERRORS)
def outside_system(
    request: Request, _caller: ReadAccess, process: ProcessName
) -> Envelope[tuple[OutsideSystem, ...]]:
    """What the programs of one process run: DAGs, applications, tables and their lineage."""
    monitor = get_monitor(request)
    processes = monitor.config.current.processes
    return Envelope(data=systems.find(monitor.engine, processes, process, monitor.clock()))
