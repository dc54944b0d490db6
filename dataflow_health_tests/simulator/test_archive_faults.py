import zipfile
from io import BytesIO

import pytest

from dataflow_health.errors import ArchiveRefused
from dataflow_health.simulator.archive_faults import ARCHIVE_FAULTS, zipped
from dataflow_health.simulator.fault_kind import File, Member
from dataflow_health.simulator.faults import broken_files, broken_members
from dataflow_health.stages.safe_zip import Limits, members

NAME = "HB-ZAA_20261119T081200Z.rdf"
WHEN = (2026, 11, 19, 10, 15, 0)
RECORDING = bytes(range(256)) * 400
LIMITS = Limits(total_bytes=1 << 28, ratio=200, members=50, depth=2)


def landed(name: str) -> tuple[File, ...]:
    kind = ARCHIVE_FAULTS[name]
    inside = broken_members((Member(NAME, RECORDING), Member("card.txt", b"card")), kind)
    return broken_files((File("HB-ZAA_20261119T101500Z.zip", zipped(inside, WHEN)),), kind)


def read(name: str):
    return {member.path: member for member in members(landed(name)[0].content, LIMITS)}


def test_the_same_members_and_time_give_the_same_bytes():
    same = [zipped((Member(NAME, RECORDING),), WHEN) for _ in range(2)]
    assert same[0] == same[1]
    assert zipfile.ZipFile(BytesIO(same[0])).testzip() is None


@pytest.mark.parametrize("name", ["truncated", "html_page", "empty"])
def test_what_is_no_zip_is_refused_whole_for_its_reason(name):
    with pytest.raises(ArchiveRefused) as refusal:
        list(members(landed(name)[0].content, LIMITS))
    assert refusal.value.reason == ARCHIVE_FAULTS[name].reason


@pytest.mark.parametrize("name", ["crc_error", "password", "bomb", "path_escape", "symlink"])
def test_a_bad_member_is_refused_for_its_reason_and_the_others_are_read(name):
    found = read(name)
    refused = [member for member in found.values() if member.refusal]
    assert [member.refusal.reason for member in refused] == [ARCHIVE_FAULTS[name].reason]
    assert found["card.txt"].content == b"card"


def test_a_file_still_being_written_is_half_of_it_under_another_ending():
    (half,) = landed("part")
    assert half.name.endswith(".zip.part")
    assert not zipfile.is_zipfile(BytesIO(half.content))


def test_a_duplicate_has_the_same_bytes_and_another_name():
    first, second = landed("duplicate")
    assert first.content == second.content
    assert first.name != second.name


def test_an_archive_without_recording_still_has_its_card():
    assert set(read("no_recording")) == {"card.txt"}


def test_two_recordings_of_one_flight_differ_by_their_beginning():
    found = read("two_recordings")
    first, second = (found[path].content for path in (NAME, f"slot_2/{NAME}"))
    assert first.endswith(second)
    assert len(second) < len(first)


def test_a_wrong_tail_is_in_the_recordings_name_only():
    (file,) = landed("wrong_tail")
    assert file.name.startswith("HB-ZAA_")
    assert "HB-Z99_20261119T081200Z.rdf" in read("wrong_tail")


def test_a_cloned_card_holds_the_recording_under_two_tails():
    found = read("cloned_card")
    assert found[NAME].content == found["HB-Z98_20261119T081200Z.rdf"].content
