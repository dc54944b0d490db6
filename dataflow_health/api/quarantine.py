"""``/quarantine``: list, show, replay, write off."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field

from dataflow_health.api.auth import OperateAccess, ReadAccess
from dataflow_health.api.dependencies import (
    ArrivalDay,
    FilterText,
    get_dependencies,
    get_monitor,
)
from dataflow_health.api.envelope import ACTION_ERRORS, LEDGER_ERRORS, Envelope
from dataflow_health.api.request_models import ReasonRequest
from dataflow_health.clock import utc_now
from dataflow_health.operations import quarantine
from dataflow_health.operations.quarantine import QuarantinedDetail, QuarantinedItem
from dataflow_health.storage.ledger import quarantine as ledger_quarantine
from dataflow_health.storage.ledger.states import REFUSED

router = APIRouter(tags=["quarantine"])

ItemId = Annotated[
    str,
    Path(
        pattern=rf"^[0-9a-fA-F]{{{ledger_quarantine.SHORTEST_ID},64}}$",
        description="Id of an archive or recording, or a unique prefix of it.",
    ),
]


class ReplayRequest(ReasonRequest):
    """Reason for the replay, and the layout to decode with from now on."""

    layout: Annotated[str, Field(max_length=128, pattern=r"^[a-z0-9_]+$")] | None = None


class ChangedCount(BaseModel):
    """Number of items that an action changed."""

    model_config = ConfigDict(frozen=True)

    changed: int


@router.get("/quarantine", responses=LEDGER_ERRORS)
def list_quarantine(
    request: Request,
    _caller: ReadAccess,
    stage: FilterText = "",
    day: ArrivalDay = "",
    tail: FilterText = "",
    written_off: bool = False,
) -> Envelope[tuple[QuarantinedItem, ...]]:
    """Archives and recordings in quarantine, oldest first."""
    found = ledger_quarantine.find(
        get_monitor(request).engine,
        states=("written_off",) if written_off else REFUSED,
        stage=stage or None,
        day=day or None,
        tail=tail or None,
    )
    now = utc_now()
    return Envelope(data=tuple(quarantine.describe_item(record, now) for record in found))


@router.get("/quarantine/{item}", responses=ACTION_ERRORS)
def show_quarantined(
    request: Request, _caller: ReadAccess, item: ItemId
) -> Envelope[QuarantinedDetail]:
    """One quarantined item: the reason, and the original bytes around the failure."""
    deps = get_dependencies(request)
    record = ledger_quarantine.get(deps.engine, item)
    return Envelope(data=quarantine.describe_detail(deps, record))


@router.post("/quarantine/{item}/replay", responses=ACTION_ERRORS)
def replay_quarantined(
    request: Request, operator: OperateAccess, item: ItemId, body: ReplayRequest
) -> Envelope[ChangedCount]:
    """Queue an item for the stage that refused it. The arrivals sensor runs it within seconds."""
    deps = get_dependencies(request)
    records = quarantine.find_items(deps, [item])
    changed = quarantine.replay(deps, records, operator, reason=body.reason, layout=body.layout)
    return Envelope(data=ChangedCount(changed=changed))


@router.post("/quarantine/{item}/write-off", responses=ACTION_ERRORS)
def write_off_quarantined(
    request: Request, operator: OperateAccess, item: ItemId, body: ReasonRequest
) -> Envelope[ChangedCount]:
    """Give an item up, with a reason. Its bytes are kept."""
    deps = get_dependencies(request)
    records = quarantine.find_items(deps, [item], states=REFUSED)
    changed = quarantine.write_off(deps, records, operator, reason=body.reason)
    return Envelope(data=ChangedCount(changed=changed))
