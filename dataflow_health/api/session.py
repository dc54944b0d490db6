"""``/session``: what the caller may do, and where the Dagster UI shows the processes."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict

from dataflow_health.api.auth import ReadAccess
from dataflow_health.api.dependencies import get_monitor
from dataflow_health.api.envelope import Envelope
from dataflow_health.monitoring.dagster_links import asset_paths

router = APIRouter(tags=["session"])


class Session(BaseModel):
    """What a front end needs to know about its caller and about the Dagster UI.

    Attributes:
        caller: Name of the key; ``anonymous`` without one.
        may_operate: Whether the caller may act on incidents, quarantine and stages.
        dagster_url: URL of the Dagster UI.
        dagster_pages: URL of each process in the Dagster UI, by name.
    """

    model_config = ConfigDict(frozen=True)

    caller: str
    may_operate: bool
    dagster_url: str
    dagster_pages: Mapping[str, str]


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
