import errno

import pytest
from sqlalchemy.exc import DataError, ProgrammingError

from dataflow_health.errors import (
    ArchiveRefused,
    DatabaseError,
    NotFound,
    RecordingRefused,
    StorageError,
)
from dataflow_health.stages.item_fault import is_stage_fault, refuse_faults


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (IndexError("string index out of range"), "unexpected_error"),
        (RecursionError(), "unexpected_error"),
        (MemoryError(), "out_of_memory"),
        (OSError("Invalid data stream"), "unexpected_error"),
        (OSError(errno.EINVAL, "negative seek"), "unexpected_error"),
        (DataError("INSERT", {}, ValueError("value too long")), "unexpected_error"),
    ],
)
def test_a_fault_of_the_input_is_its_refusal_by_name(error: Exception, reason: str) -> None:
    with pytest.raises(ArchiveRefused) as caught, refuse_faults(ArchiveRefused, "a.zip"):
        raise error
    assert caught.value.reason == reason
    assert caught.value.detail.startswith(f"a.zip: {type(error).__name__}")


@pytest.mark.parametrize(
    "error",
    [
        StorageError("disk full"),
        DatabaseError("away"),
        NotFound("x"),
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EMFILE, "Too many open files"),
        ProgrammingError("SELECT", {}, ValueError("no such table")),
        ImportError("no module"),
    ],
)
def test_a_fault_of_the_stage_stays_what_it_is(error: Exception) -> None:
    assert is_stage_fault(error)
    with pytest.raises(type(error)) as caught, refuse_faults(RecordingRefused, "a.rdf"):
        raise error
    assert caught.value is error


def test_a_refusal_stays_what_it_is() -> None:
    with pytest.raises(RecordingRefused, match="no_sync"), refuse_faults(ArchiveRefused, "a.zip"):
        raise RecordingRefused("no_sync", "0 words")
