"""``/vocabulary``: quantities that algorithms use, found by meaning or by a recorder's name."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from dataflow_health.api.auth import ReadAccess
from dataflow_health.api.dependencies import FilterText, PageSize, get_dependencies
from dataflow_health.api.envelope import LEDGER_ERRORS, Envelope
from dataflow_health.operations import vocabulary
from dataflow_health.schemas import VocabularyQuantity

router = APIRouter(tags=["vocabulary"])

SearchText = Annotated[
    FilterText,
    Query(
        min_length=1, description="Words of the meaning, or a recorder's name: engine oil, OIP1."
    ),
]


@router.get("/vocabulary", responses=LEDGER_ERRORS)
def search_vocabulary(
    request: Request, _caller: ReadAccess, text: SearchText, limit: PageSize = 50
) -> Envelope[tuple[VocabularyQuantity, ...]]:
    """Quantities that match a text, the best first."""
    return Envelope(data=vocabulary.quantities(get_dependencies(request).catalogue, text, limit))
