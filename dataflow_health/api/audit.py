"""``/audit``: actions of operators."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from dataflow_health.api.auth import ReadAccess
from dataflow_health.api.dependencies import BeforeId, FilterText, PageSize, get_monitor
from dataflow_health.api.envelope import LEDGER_ERRORS, Envelope
from dataflow_health.schemas import AuditEntryResponse
from dataflow_health.storage.records import audit_log

router = APIRouter(tags=["audit"])


class AuditQuery(BaseModel):
    """Query of the log. An empty filter selects all."""

    action: FilterText = ""
    operator: FilterText = ""
    subject: FilterText = ""
    before: BeforeId = None
    limit: PageSize = 100


@router.get("/audit", responses=LEDGER_ERRORS)
def list_audit_entries(
    request: Request, _caller: ReadAccess, query: Annotated[AuditQuery, Query()]
) -> Envelope[tuple[AuditEntryResponse, ...]]:
    """Actions of operators, newest first."""
    found = audit_log.read(
        get_monitor(request).engine,
        limit=query.limit,
        action=query.action or None,
        operator=query.operator or None,
        subject=query.subject or None,
        before_id=query.before,
    )
    return Envelope(data=tuple(AuditEntryResponse.model_validate(row._asdict()) for row in found))
