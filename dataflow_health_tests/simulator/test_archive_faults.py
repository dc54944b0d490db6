import zipfile
from io import BytesIO

import pytest

from dataflow_health.errors import ArchiveRefused
from dataflow_health.simulator.archive_faults import ARCHIVE_FAULTS, build_zip
from dataflow_health.simulator.fault_kind import ArchiveMember, LandedFile
from dataflow_health.simulator.faults import apply_to_files, apply_to_members
from dataflow_health.stages.safe_zip import Limits
from dataflow_health_tests.factories import unzipped

NAME = "HB-ZAA_20261119T081200Z.rdf"
ZIP_TIME = (2026, 11, 19, 10, 15, 0)
RECORDING = bytes(range(256)) * 400
LIMITS = Limits(total_bytes=1 << 28, ratio=200, members=50, depth=2)


def files_with(name: str) -> tuple[LandedFile, ...]:
    kind = ARCHIVE_FAULTS[name]
    zip_members = apply_to_members(
        (ArchiveMember(NAME, RECORDING), ArchiveMember("card.txt", b"card")), kind
    )
    return apply_to_files(
        (LandedFile("HB-ZAA_20261119T101500Z.zip", build_zip(zip_members, ZIP_TIME)),), kind
    )


def read(name: str):
    return unzipped(files_with(name)[0].content, LIMITS)


def test_equal_members_and_times_give_identical_bytes():
    same = [build_zip((ArchiveMember(NAME, RECORDING),), ZIP_TIME) for _ in range(2)]
    assert same[0] == same[1]
    assert zipfile.ZipFile(BytesIO(same[0])).testzip() is None


@pytest.mark.parametrize("name", ["truncated", "html_page", "empty"])
def test_an_invalid_zip_is_refused_with_its_reason(name):
    with pytest.raises(ArchiveRefused) as refusal:
        read(name)
    assert refusal.value.reason == ARCHIVE_FAULTS[name].reason


@pytest.mark.parametrize("name", ["crc_error", "password", "bomb", "path_escape", "symlink"])
def test_a_bad_member_is_refused_and_the_others_are_read(name):
    found = read(name)
    refused = [member for member in found.values() if isinstance(member, ArchiveRefused)]
    assert [refusal.reason for refusal in refused] == [ARCHIVE_FAULTS[name].reason]
    assert found["card.txt"] == b"card"


def test_a_partial_file_has_another_extension():
    (partial,) = files_with("part")
    assert partial.name.endswith(".zip.part")
    assert not zipfile.is_zipfile(BytesIO(partial.content))


def test_a_duplicate_has_the_same_bytes_under_another_name():
    first, second = files_with("duplicate")
    assert first.content == second.content
    assert first.name != second.name


def test_an_archive_without_recording_still_has_other_members():
    assert set(read("no_recording")) == {"card.txt"}


def test_two_recordings_of_one_flight_differ_by_their_beginning():
    found = read("two_recordings")
    first, second = (found[path] for path in (NAME, f"slot_2/{NAME}"))
    assert first.endswith(second)
    assert len(second) < len(first)


def test_a_wrong_tail_is_in_the_recordings_name_only():
    (file,) = files_with("wrong_tail")
    assert file.name.startswith("HB-ZAA_")
    assert "HB-Z99_20261119T081200Z.rdf" in read("wrong_tail")


def test_a_cloned_card_has_the_recording_under_two_tails():
    found = read("cloned_card")
    assert found[NAME] == found["HB-Z98_20261119T081200Z.rdf"]
