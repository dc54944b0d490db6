"""``/session``: what the caller may do, and where the Dagster UI shows the processes."""

from fastapi import APIRouter, Request

from dataflow_health.api.auth import ReadAccess
from dataflow_health.api.dependencies import get_monitor
from dataflow_health.api.envelope import Envelope
from dataflow_health.monitoring.dagster_links import asset_paths
from dataflow_health.schemas import Session

router = APIRouter(tags=["session"])


@router.get("/session")
def show_session(request: Request, caller: ReadAccess) -> Envelope[Session]:
    """Name and scope of the caller, and the pages of the processes in the Dagster UI."""
    url = str(request.app.state.settings.public_url).rstrip("/")
    names = (each.name for each in get_monitor(request).snapshot().report.processes)
    pages = {name: f"{url}/assets/{path}" for name, path in asset_paths(names).items()}
    return Envelope(
        data=Session(
            caller=caller.name,
            may_operate=caller.may("operate"),
            dagster_url=url,
            dagster_pages=pages,
        )
    )
