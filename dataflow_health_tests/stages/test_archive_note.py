from pathlib import Path

import pytest

from dataflow_health.errors import StorageError
from dataflow_health.stages import archive_note
from dataflow_health.stages.archive_note import ArchiveNote
from dataflow_health.storage.files.lake import Lake
from dataflow_health_tests.factories import DAY, NOON

NOTE = ArchiveNote(
    id="a" * 64,
    name="sub/HB-ZAA_1.zip",
    source="sftp://user:***@host/folder",
    size_bytes=9,
    modified_at=NOON,
    arrived_at=NOON,
    arrival_day=DAY,
    received_at=NOON,
    received_by="pipeline",
    has_sidecar=True,
)


def test_a_note_reads_back_and_stands_beside_its_archive(tmp_path: Path) -> None:
    lake = Lake(tmp_path.as_uri())
    archive_note.write(lake, NOTE)
    assert lake.files("download") == [NOTE.path.replace(".zip", ".json")]
    assert archive_note.read(lake, NOTE.path) == NOTE


def test_the_note_of_another_archive_is_refused(tmp_path: Path) -> None:
    lake = Lake(tmp_path.as_uri())
    other = NOTE.model_copy(update={"id": "b" * 64})
    archive_note.write(lake, NOTE)
    lake.write(archive_note.note_path(other.path), lake.read(archive_note.note_path(NOTE.path)))
    with pytest.raises(ValueError, match="is the note of"):
        archive_note.read(lake, other.path)
    with pytest.raises(StorageError):
        archive_note.read(lake, NOTE.model_copy(update={"id": "c" * 64}).path)


def test_any_flipped_bit_of_a_note_is_found(tmp_path: Path) -> None:
    lake = Lake(tmp_path.as_uri())
    archive_note.write(lake, NOTE)
    file = tmp_path / archive_note.note_path(NOTE.path)
    content = file.read_bytes()
    for bit in range(0, 8 * len(content), 37):  # every position in a byte; all take half a minute
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        file.write_bytes(flipped)
        with pytest.raises(ValueError):  # noqa: PT011 -- a JSON error, or that of the digest
            archive_note.read(lake, NOTE.path)


def test_an_archive_that_was_kept_in_quarantine_comes_back_there() -> None:
    refused = NOTE.model_copy(update={"reason": "sidecar_mismatch", "detail": "why"})
    result = refused.result("1", NOON, NOON)
    assert (result.state, result.reason) == ("quarantined", "sidecar_mismatch")
    assert NOTE.result("1", NOON, NOON).state == "done"
