"""Messages from a child process: one byte for the kind, then JSON.

The process has read untrusted bytes, so its messages are validated and never unpickled.
"""

import errno
from collections.abc import Mapping
from typing import Annotated, Self, TypeVar

from pydantic import Field, JsonValue

from dataflow_health.errors import Refused, SandboxError, StageError, StorageError
from dataflow_health.health.frozen_model import FrozenModel
from dataflow_health.stages.item_fault import OUT_OF_MEMORY, is_stage_fault
from dataflow_health.storage.sql.text import storable

Kind = TypeVar("Kind", bound=Refused)

READY, ITEM, END, REFUSED, FAULT = b"r", b"i", b"e", b"q", b"f"
"""Kinds of messages: the limits are set, one item, no more items, a refusal, a stage's fault."""

NEXT = b"n"
"""Message to the process: the item was handled, send the next."""

LONGEST_BYTES = 4 << 20
"""Bytes of the longest message that is read."""

_LIMIT_REASONS: Mapping[int, str] = {
    errno.EFBIG: "file_too_large",
    errno.EMFILE: "too_many_files",
    errno.ENOMEM: OUT_OF_MEMORY,
}
"""Reason code of a refusal by the error number of a limit that was reached."""


class RefusalReply(FrozenModel):
    """A refusal as a message; the fields are those of :class:`~dataflow_health.errors.Refused`."""

    reason: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
    detail: str
    byte_offset: int | None = None
    frame: int | None = None
    evidence: Annotated[str, Field(pattern=r"^([0-9a-f]{2}){0,64}$")] = ""
    measurements: Mapping[str, JsonValue] = {}

    @classmethod
    def from_refusal(cls, refusal: Refused) -> Self:
        """The message of a refusal."""
        return cls(
            reason=refusal.reason,
            detail=storable(refusal.detail),
            byte_offset=refusal.byte_offset,
            frame=refusal.frame,
            evidence=bytes(refusal.evidence).hex(),
            measurements=dict(refusal.measurements),
        )

    def refusal(self, kind: type[Kind]) -> Kind:
        """The refusal of a message."""
        return kind(
            self.reason,
            self.detail,
            byte_offset=self.byte_offset,
            frame=self.frame,
            evidence=bytes.fromhex(self.evidence),
            measurements=self.measurements,
        )


class FaultReply(FrozenModel):
    """A fault of the stage as a message.

    Attributes:
        detail: What happened.
        is_storage: Whether a disk or file system caused it.
    """

    detail: str
    is_storage: bool

    def error(self) -> StageError:
        """The error of a message."""
        return (StorageError if self.is_storage else SandboxError)(self.detail)


def from_error(error: Exception) -> bytes:
    """The message of an error: a refusal if the input caused it or exceeded a limit."""
    if isinstance(error, Refused):
        return REFUSED + RefusalReply.from_refusal(error).model_dump_json().encode()
    detail = storable(f"{type(error).__name__}: {error}".rstrip(": "))
    number = error.errno if isinstance(error, OSError) else None
    if number not in _LIMIT_REASONS and is_stage_fault(error):
        fault = FaultReply(detail=detail, is_storage=number is not None)
        return FAULT + fault.model_dump_json().encode()
    reason = OUT_OF_MEMORY if isinstance(error, MemoryError) else "unexpected_error"
    reply = RefusalReply(reason=_LIMIT_REASONS.get(number or 0, reason), detail=detail)
    return REFUSED + reply.model_dump_json().encode()
