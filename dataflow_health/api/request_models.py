"""Base models of request bodies."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

OptionalDay = Annotated[str, Field(pattern=r"^(\d{4}-\d{2}-\d{2})?$")]
"""UTC day, such as 2026-11-20, or empty."""
OptionalText = Annotated[str, Field(max_length=1000, pattern=r"^[^\x00]*$")]
RequiredText = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[^\x00]*$")]
Reason = Annotated[
    str, Field(min_length=1, max_length=1000, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")
]


class RequestModel(BaseModel):
    """Base of all request bodies: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NoteRequest(RequestModel):
    """Request with an optional note for the audit log."""

    note: OptionalText = ""


class ReasonRequest(RequestModel):
    """Request with the reason for it, for the audit log."""

    reason: Reason
