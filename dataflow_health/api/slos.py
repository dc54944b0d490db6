"""``/slos``: service level objectives with their error budgets."""

from fastapi import APIRouter, Request

from dataflow_health.api.auth import ReadAccess
from dataflow_health.api.dependencies import get_dependencies
from dataflow_health.api.envelope import LEDGER_ERRORS, Envelope
from dataflow_health.clock import utc_now
from dataflow_health.health.error_budget import ErrorBudget
from dataflow_health.monitoring import error_budgets

router = APIRouter(tags=["slos"])


@router.get("/slos", responses=LEDGER_ERRORS)
def list_slos(request: Request, _caller: ReadAccess) -> Envelope[tuple[ErrorBudget, ...]]:
    """Error budget and burn rates of every service level objective."""
    deps = get_dependencies(request)
    return Envelope(data=error_budgets.budgets(deps.engine, deps.catalogue.slos, utc_now()))
