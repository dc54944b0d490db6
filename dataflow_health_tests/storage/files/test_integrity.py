from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.errors import ArchiveRefused, RecordingRefused, StorageError
from dataflow_health.storage.files import integrity
from dataflow_health.storage.files.lake import Lake, sha256

CONTENT = bytes(range(256)) * 3
DIGEST = sha256(CONTENT)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake with the file ``parse/a.arrow``."""
    lake = Lake(tmp_path.as_uri())
    lake.write("parse/a.arrow", CONTENT)
    return lake


def test_a_file_as_it_was_written_is_read(lake: Lake) -> None:
    assert integrity.read_file(lake, "parse/a.arrow", DIGEST) == CONTENT


@given(position=st.integers(0, 8 * len(CONTENT) - 1))
def test_one_flipped_bit_is_found_wherever_it_is(position: int) -> None:
    damaged = bytearray(CONTENT)
    damaged[position // 8] ^= 1 << position % 8
    integrity.verify("parse/a.arrow", CONTENT, DIGEST)
    with pytest.raises(RecordingRefused) as refused:
        integrity.verify("parse/a.arrow", bytes(damaged), DIGEST)
    assert refused.value.reason == "input_changed"
    assert "parse/a.arrow" in refused.value.detail
    assert DIGEST[:12] in refused.value.detail


@given(size=st.integers(0, len(CONTENT) - 1))
def test_a_torn_file_is_found_wherever_it_ends(size: int) -> None:
    with pytest.raises(RecordingRefused, match="input_changed"):
        integrity.verify("parse/a.arrow", CONTENT[:size], DIGEST)


@pytest.mark.parametrize("path", ["parse/b.arrow", "parse/day/b.arrow", "parse", "parse/a.arrow/b"])
def test_a_missing_file_refuses_with_its_path_and_digest(lake: Lake, path: str) -> None:
    with pytest.raises(ArchiveRefused) as refused:
        integrity.read_file(lake, path, DIGEST, ArchiveRefused)
    assert refused.value.reason == "input_missing"
    assert path in refused.value.detail
    assert DIGEST[:12] in refused.value.detail


def test_a_lake_without_any_file_is_an_error_of_the_stage(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "not_mounted"):
        with pytest.raises(StorageError):
            integrity.read_file(Lake(folder.as_uri()), "parse/a.arrow", DIGEST)


def test_a_file_that_may_not_be_read_is_an_error_of_the_stage(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deny(_path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", deny)
    with pytest.raises(StorageError, match="Permission denied"):
        integrity.read_file(lake, "parse/a.arrow", DIGEST)


def test_a_file_is_verified_without_reading_it_at_once(lake: Lake) -> None:
    with integrity.local_copy(lake, "parse/a.arrow", DIGEST) as local:
        integrity.verify_file(local, "parse/a.arrow", DIGEST)
        local.write_bytes(CONTENT[:-1])
        with pytest.raises(RecordingRefused, match=r"input_changed: parse/a\.arrow"):
            integrity.verify_file(local, "parse/a.arrow", DIGEST)


def test_a_copy_of_a_missing_file_is_refused_unless_the_lake_is_missing(
    lake: Lake, tmp_path: Path
) -> None:
    with (
        pytest.raises(ArchiveRefused, match="input_missing"),
        integrity.local_copy(lake, "parse/b.arrow", DIGEST, ArchiveRefused),
    ):
        pass
    nothing = Lake((tmp_path / "not_mounted").as_uri())
    with (
        pytest.raises(StorageError, match="empty"),
        integrity.local_copy(nothing, "parse/b.arrow", DIGEST),
    ):
        pass


def test_a_file_of_any_size_is_checked_without_its_content_in_memory(lake: Lake) -> None:
    integrity.check_file(lake, "parse/a.arrow", DIGEST)
    for path, reason in (("parse/a.arrow", "input_changed"), ("gone", "input_missing")):
        with pytest.raises(RecordingRefused) as refused:
            integrity.check_file(lake, path, sha256(b"other"))
        assert refused.value.reason == reason
