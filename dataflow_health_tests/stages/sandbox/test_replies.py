import errno

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dataflow_health.errors import (
    ArchiveRefused,
    DatabaseError,
    RecordingRefused,
    SandboxError,
    StorageError,
)
from dataflow_health.stages.sandbox import replies
from dataflow_health.stages.sandbox.pool import error_of
from dataflow_health.stages.sandbox.replies import RefusalReply

numbers = st.none() | st.integers(0, 1 << 70)


@given(st.text(), numbers, numbers, st.binary(max_size=80))
def test_a_refusal_comes_back_as_it_was(
    detail: str, offset: int | None, frame: int | None, evidence: bytes
) -> None:
    given = RecordingRefused(
        "bad_sync", detail, byte_offset=offset, frame=frame, evidence=evidence,
        measurements={"software_version": None},
    )  # fmt: skip
    found = RefusalReply.from_refusal(given).refusal(ArchiveRefused)
    assert isinstance(found, ArchiveRefused)
    assert (found.reason, found.byte_offset, found.frame) == ("bad_sync", offset, frame)
    assert found.evidence == evidence[:64]
    assert found.measurements == {"software_version": None}
    if detail.isprintable() and len(detail) < 2000:
        assert found.detail == detail


@pytest.mark.parametrize("reason", ["", "Bad", "a b", "x" * 65, "a\n", "../x"])
def test_a_reason_that_is_no_code_is_nonsense(reason: str) -> None:
    with pytest.raises(ValidationError):
        RefusalReply(reason=reason, detail="x")


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (ArchiveRefused("bomb", "x"), RecordingRefused, "bomb: x"),
        (MemoryError(), RecordingRefused, "out_of_memory: MemoryError"),
        (IndexError("7"), RecordingRefused, "unexpected_error: IndexError: 7"),
        (OSError(errno.EFBIG, "x"), RecordingRefused, "file_too_large"),
        (OSError(errno.EMFILE, "x"), RecordingRefused, "too_many_files"),
        (OSError(errno.ENOMEM, "x"), RecordingRefused, "out_of_memory"),
        (OSError("bad stream"), RecordingRefused, "unexpected_error"),
        (OSError(errno.ENOSPC, "No space left on device"), StorageError, "No space left"),
        (ImportError("no numpy"), SandboxError, "no numpy"),
        (DatabaseError("away"), SandboxError, "away"),
    ],
)
def test_an_error_of_a_job_is_a_refusal_or_a_fault(
    error: Exception, kind: type[Exception], words: str
) -> None:
    found = error_of(replies.from_error(error), RecordingRefused)
    assert type(found) is kind
    assert words in str(found)
