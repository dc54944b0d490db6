import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.errors import ArchiveRefused
from dataflow_health.stages.safe_zip import Limits
from dataflow_health_tests.factories import LIMITS, unzipped, zipped


def refused(content: bytes, limits: Limits = LIMITS) -> ArchiveRefused:
    with pytest.raises(ArchiveRefused) as caught:
        unzipped(content, limits)
    return caught.value


def one_refusal(content: bytes, limits: Limits = LIMITS) -> str:
    [reason] = refusals(unzipped(content, limits)).values()
    return reason


def refusals(found: dict[str, bytes | ArchiveRefused]) -> dict[str, str]:
    return {path: each.reason for path, each in found.items() if isinstance(each, ArchiveRefused)}


@given(st.dictionaries(st.text("abc/", min_size=1, max_size=5).filter(
    lambda name: not name.startswith("/") and not name.endswith("/") and "//" not in name
), st.binary(max_size=300).map(lambda content: b'!' + content), max_size=5))  # fmt: skip
def test_every_member_comes_back_with_its_bytes(contents: dict[str, bytes]) -> None:
    assert unzipped(zipped(contents)) == contents


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty_file"),
        (b"<!DOCTYPE html><html>Not found</html>", "html_page"),
        (zipped({"a.rdf": bytes(5000)})[:60], "truncated"),
        (b"\x1f\x8b garbage", "not_a_zip"),
    ],
)
def test_content_that_is_no_zip_gets_its_own_reason(content: bytes, reason: str) -> None:
    assert refused(content).reason == reason


def test_a_damaged_member_is_refused_and_its_neighbour_is_not() -> None:
    content = bytearray(zipped({"bad.rdf": b"x" * 1000, "good.rdf": b"y" * 1000}))
    info = zipfile.ZipFile(io.BytesIO(content)).getinfo("bad.rdf")
    content[info.header_offset + 30 + len("bad.rdf") + 3] ^= 0xFF
    found = unzipped(bytes(content))
    refusal = found["bad.rdf"]
    assert isinstance(refusal, ArchiveRefused)
    assert (refusal.reason, refusal.byte_offset) == ("crc_error", info.header_offset)
    assert found["good.rdf"] == b"y" * 1000


def test_a_wrong_crc_in_the_directory_is_refused() -> None:
    content = bytearray(zipped({"a.rdf": b"x" * 100}))
    at = content.rindex(b"PK\x01\x02") + 16
    content[at : at + 4] = struct.pack("<I", 1)
    assert one_refusal(bytes(content)) == "crc_error"


def test_an_encrypted_member_is_not_guessed_at() -> None:
    content = bytearray(zipped({"a.rdf": b"x"}))
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    assert one_refusal(bytes(content)) == "encrypted"


@pytest.mark.parametrize("name", ["../a.rdf", "/etc/a.rdf", "a/../../b.rdf", "..\\a.rdf", "C:\\a"])
def test_a_path_that_leaves_the_archive_is_refused(name: str) -> None:
    assert one_refusal(zipped({name: b"x"})) == "path_escape"


def test_a_symbolic_link_is_refused() -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        info = zipfile.ZipInfo("link.rdf")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    assert one_refusal(sink.getvalue()) == "symlink"


def test_a_bomb_is_refused_before_it_is_inflated() -> None:
    assert one_refusal(zipped({"a.rdf": bytes(8 << 20)})) == "bomb"


def test_the_sum_of_all_members_is_limited_over_nested_archives() -> None:
    tight = Limits(total_bytes=2500, ratio=1e9, members=100, depth=2)
    inner = zipped({"a.rdf": bytes(range(256)) * 4, "b.rdf": bytes(range(256)) * 4})
    assert refused(zipped({"in.zip": inner, "c.rdf": bytes(1000)}), tight).reason == "too_large"


def test_the_number_of_members_is_limited() -> None:
    tight = Limits(total_bytes=1000, ratio=10, members=2, depth=2)
    assert refused(zipped({"a": b"", "b": b"", "c": b""}), tight).reason == "too_many_members"


def test_nested_archives_are_opened_down_to_the_limit() -> None:
    inner = zipped({"a.rdf": b"x"})
    assert list(unzipped(zipped({"in.zip": inner}))) == ["in.zip!a.rdf"]
    shallow = Limits(total_bytes=1 << 20, ratio=100, members=10, depth=0)
    assert one_refusal(zipped({"in.zip": inner}), shallow) == "too_deep"


def test_a_damaged_nested_archive_leaves_its_neighbours() -> None:
    content = zipped({"in.zip": zipped({"a.rdf": b"x"})[:40], "b.rdf": b"y"})
    found = unzipped(content)
    assert refusals(found) == {"in.zip": "truncated"}
    assert found["b.rdf"] == b"y"


def test_two_members_of_one_name_are_both_accounted_for() -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("a.rdf", b"one")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a.rdf", b"two")
    assert list(unzipped(sink.getvalue())) == ["a.rdf", "a.rdf#2"]
