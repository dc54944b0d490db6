from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.layout_import.imported_layout import (
    decode_text,
    file_error,
    find_clock,
    unique_name,
)


def test_names_suit_sql_and_differ_even_where_case_is_ignored():
    assert unique_name("EGT 1/A", []) == "EGT_1_A"
    assert unique_name("1N1", []) == "p_1N1"
    assert unique_name("  ", []) == "unnamed"
    assert unique_name("egt", ["EGT", "egt_2"]) == "egt_3"


@given(st.lists(st.text(max_size=5), max_size=6))
def test_any_names_become_different_identifiers(given_names):
    names: list[str] = []
    for name in given_names:
        names.append(unique_name(name, names))
    assert len({name.lower() for name in names}) == len(names)
    assert all(name.isidentifier() and name.isascii() for name in names)


def test_the_clock_is_found_by_its_usual_names():
    names = ["UTC_HOUR", "GMT_MIN", "UTC_SEC", "GMT_SEC", "DAY", "other"]
    assert find_clock(names).model_dump() == {
        "hour": "UTC_HOUR", "minute": "GMT_MIN", "second": "UTC_SEC",
        "day": "DAY", "month": None, "year": None,
    }  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-8", "latin-1"])
def test_text_is_read_in_the_encodings_of_the_files(encoding):
    assert decode_text("Höhe\t1".encode(encoding)) == "Höhe\t1"


def test_text_of_big_endian_utf_16_is_read():
    assert decode_text(b"\xfe\xff\x00A") == "A"


def test_a_file_error_names_the_file_the_problem_and_what_is_allowed():
    error = file_error(Path("folder/x.fra"), "not a table", "a table")
    assert str(error) == "x.fra: not a table (a table)"
