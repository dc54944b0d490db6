import zipfile

import pytest

from dataflow_health.errors import ArchiveRefused
from dataflow_health.stages.member_names import TOP, MemberName, MemberNames, check, is_too_long


def info(filename: str) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(filename)
    made.header_offset = 0
    return made


def test_members_of_one_name_have_paths_of_their_own() -> None:
    names = MemberNames()
    found = [names.add(TOP, each) for each in ("a", "a", "a#2", "a")]
    assert [each.path for each in found] == ["a", "a#2", "a#2#2", "a#3"]
    assert [each.name for each in found] == ["a", "a", "a#2", "a"]


def test_a_nested_member_has_the_names_around_it() -> None:
    names = MemberNames()
    names.add(TOP, "in.zip")
    second = names.add(TOP, "in.zip")
    assert names.add(second, "a") == MemberName("in.zip!a", "in.zip#2!a")


def test_a_member_that_is_named_like_a_nested_path_replaces_nothing() -> None:
    names = MemberNames()
    inner = names.add(names.add(TOP, "in.zip"), "a")
    assert names.add(TOP, "in.zip!a").path == f"{inner.path}#2"


def test_a_name_above_a_kilobyte_is_cut_in_its_path_and_refused() -> None:
    names = MemberNames()
    first, second = (names.add(TOP, "é" * 600) for _ in range(2))
    assert first.path != second.path
    assert not is_too_long(second.path)
    with pytest.raises(ArchiveRefused) as caught:
        check(first, info(first.name))
    assert caught.value.reason == "name_too_long"
    check(names.add(TOP, "é" * 512), info("é" * 512))


def test_the_names_around_a_member_count() -> None:
    names = MemberNames()
    outer = names.add(TOP, "x" * 600)
    inner = names.add(outer, "y" * 600)
    with pytest.raises(ArchiveRefused, match="name_too_long"):
        check(inner, info("y" * 600))
