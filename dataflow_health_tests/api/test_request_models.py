import pytest
from pydantic import ValidationError

from dataflow_health.api.request_models import NoteRequest, ReasonRequest


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        NoteRequest.model_validate({"nots": "misspelt"})


@pytest.mark.parametrize("reason", ["", "  ", "a\x00b", "x" * 1001])
def test_a_reason_is_a_readable_text(reason: str) -> None:
    with pytest.raises(ValidationError):
        ReasonRequest(reason=reason)
    assert ReasonRequest(reason=" card was wet ").reason == " card was wet "
