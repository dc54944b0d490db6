"""``/quarantine``: list, show, replay, write off."""

from collections.abc import Sequence
from typing import Annotated, Self

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field, model_validator
from sqlalchemy import Engine

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
from dataflow_health.schemas import ChangedCount, QuarantinedDetail, QuarantinedItem
from dataflow_health.storage.ledger import quarantine as ledger_quarantine
from dataflow_health.storage.ledger.stage_records import StageRecord
from dataflow_health.storage.ledger.states import REFUSED, State

router = APIRouter(tags=["quarantine"])

ItemId = Annotated[
    str,
    Path(
        pattern=rf"^[0-9a-fA-F]{{{ledger_quarantine.SHORTEST_ID},64}}$",
        description="Id of an archive or recording, or a unique prefix of it.",
    ),
]


Layout = Annotated[str, Field(max_length=128, pattern=r"^[a-z0-9_]+$")]


class ReplayRequest(ReasonRequest):
    """Reason for the replay, and the layout to decode with from now on."""

    layout: Layout | None = None


class QuarantineFilter(BaseModel):
    """Items in quarantine to select: those that match every filter given."""

    stage: FilterText = ""
    day: ArrivalDay = ""
    tail: FilterText = ""
    reason_code: FilterText = ""

    def find(self, engine: Engine, states: Sequence[State] = REFUSED) -> list[StageRecord]:
        """The selected items, oldest first.

        Raises:
            DatabaseError: The database does not answer.
        """
        return ledger_quarantine.find(
            engine,
            states=states,
            stage=self.stage or None,
            day=self.day or None,
            tail=self.tail or None,
            reason_code=self.reason_code or None,
        )


class QuarantineQuery(QuarantineFilter):
    """Query of the list: items in quarantine, or those written off."""

    written_off: bool = False


class SelectionRequest(QuarantineFilter, ReasonRequest):
    """Reason, and the items in quarantine to act on: those that match every filter given."""

    @model_validator(mode="after")
    def _has_filter(self) -> Self:
        if not (self.stage or self.day or self.tail or self.reason_code):
            raise ValueError("give at least one of stage, day, tail and reason_code")
        return self


class SelectionReplayRequest(SelectionRequest):
    """A selection, and the layout to decode it with from now on."""

    layout: Layout | None = None


@router.get("/quarantine", responses=LEDGER_ERRORS)
def list_quarantine(
    request: Request, _caller: ReadAccess, query: Annotated[QuarantineQuery, Query()]
) -> Envelope[tuple[QuarantinedItem, ...]]:
    """Archives and recordings in quarantine, oldest first."""
    states = ("written_off",) if query.written_off else REFUSED
    found = query.find(get_monitor(request).engine, states)
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


@router.post("/quarantine/replay", responses=ACTION_ERRORS)
def replay_selection(
    request: Request, operator: OperateAccess, body: SelectionReplayRequest
) -> Envelope[ChangedCount]:
    """Queue all items that match for the stage that refused them."""
    deps = get_dependencies(request)
    records = body.find(deps.engine)
    changed = quarantine.replay(deps, records, operator, reason=body.reason, layout=body.layout)
    return Envelope(data=ChangedCount(changed=changed))


@router.post("/quarantine/write-off", responses=ACTION_ERRORS)
def write_off_selection(
    request: Request, operator: OperateAccess, body: SelectionRequest
) -> Envelope[ChangedCount]:
    """Give all items up that match, with a reason. Their bytes are kept."""
    deps = get_dependencies(request)
    records = body.find(deps.engine)
    changed = quarantine.write_off(deps, records, operator, reason=body.reason)
    return Envelope(data=ChangedCount(changed=changed))


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
