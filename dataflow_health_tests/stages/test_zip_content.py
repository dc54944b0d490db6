import errno
import io
import zipfile
from pathlib import Path

import pytest

from dataflow_health.errors import ArchiveRefused
from dataflow_health.stages import zip_content
from dataflow_health.storage.files.lake import sha256
from dataflow_health_tests.factories import unzipped
from dataflow_health_tests.stages.hostile_archives import overlapping_members

CONTENT = bytes(range(256)) * 300


def one_member(method: int) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", method) as archive:
        archive.writestr("a.rdf", CONTENT)
    return sink.getvalue()


@pytest.mark.parametrize("method", [0, 8, 12, 14])
@pytest.mark.parametrize("whole_bytes", [zip_content.WHOLE_BYTES, 1000])
def test_a_member_is_written_whole_or_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: int, whole_bytes: int
) -> None:
    monkeypatch.setattr(zip_content, "WHOLE_BYTES", whole_bytes)
    file = io.BytesIO(one_member(method))
    archive = zip_content.open_archive(file)
    target = tmp_path / "1"
    target.write_bytes(CONTENT + b"left by a process that was killed")
    digest = zip_content.write_member(archive, file, archive.infolist()[0], target)
    assert (target.read_bytes(), digest) == (CONTENT, sha256(CONTENT))


@pytest.mark.parametrize("whole_bytes", [zip_content.WHOLE_BYTES, 1000])
def test_a_flipped_bit_is_found_in_pieces_too(
    monkeypatch: pytest.MonkeyPatch, whole_bytes: int
) -> None:
    monkeypatch.setattr(zip_content, "WHOLE_BYTES", whole_bytes)
    content = bytearray(one_member(8))
    content[60] ^= 4
    [refusal] = unzipped(bytes(content)).values()
    assert isinstance(refusal, ArchiveRefused)
    assert refusal.reason == "crc_error"


@pytest.mark.parametrize("offset", [-1, 117, 1 << 63])
def test_a_member_that_the_directory_places_outside_of_the_archive_is_refused(offset: int) -> None:
    info = zipfile.ZipInfo("a.rdf")
    info.header_offset = offset
    with pytest.raises(ArchiveRefused, match=f"places it at byte {offset} of 117") as refused:
        zip_content.check_offset(io.BytesIO(bytes(117)), info)
    assert (refused.value.reason, refused.value.byte_offset) == ("crc_error", 117)


def test_members_that_share_bytes_are_refused_and_the_others_are_read() -> None:
    found = unzipped(overlapping_members())
    reasons = [each.reason if isinstance(each, ArchiveRefused) else each for each in found.values()]
    assert reasons == ["overlapping_members", "overlapping_members", b"beside them"]


class FullDisk(io.BytesIO):
    """A file that may not grow."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number

    def write(self, _data: object) -> int:
        raise OSError(self._number, "cannot write")


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.EFBIG, ArchiveRefused), (errno.ENOSPC, OSError)]
)
def test_a_file_limit_refuses_the_member_and_a_full_disk_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, kind: type[Exception]
) -> None:
    file = io.BytesIO(one_member(8))
    archive = zip_content.open_archive(file)
    monkeypatch.setattr(Path, "open", lambda _path, _mode: FullDisk(number))
    with pytest.raises(kind):
        zip_content.write_member(archive, file, archive.infolist()[0], tmp_path / "1")
