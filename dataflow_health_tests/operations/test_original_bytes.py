import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.operations.original_bytes import (
    BYTES_PER_LINE,
    MAX_BYTES,
    hex_dump,
    original_path,
    read_original,
)
from dataflow_health.storage.ledger import quarantine
from dataflow_health_tests import factories
from dataflow_health_tests.storage.ledger.factories import recordings, refuse, refuse_archive


@pytest.fixture
def deps(tmp_path):
    created = factories.dependencies(tmp_path)
    yield created
    created.engine.dispose()


@pytest.mark.parametrize(("byte_offset", "start"), [(500, 432), (None, 0), (10, 0), (1020, 944)])
def test_the_bytes_around_the_failure_are_read(deps, byte_offset, start):
    refuse(deps.engine, recordings(deps.engine, 1))
    (record,) = quarantine.find(deps.engine)
    content = bytes(range(256)) * 4
    deps.lake.write(original_path(record), content)
    original = read_original(deps.lake, record._replace(byte_offset=byte_offset))
    assert (original.start, original.size_bytes, original.note) == (start, 1024, "")
    assert original.content == content[start : start + MAX_BYTES]


def test_missing_bytes_are_reported_and_not_an_error(deps):
    refuse_archive(deps.engine)
    (record,) = quarantine.find(deps.engine)
    original = read_original(deps.lake, record)
    assert original.content == b""
    assert "download/b.zip" in original.note


@given(st.binary(min_size=1, max_size=300), st.integers(0, 50), st.integers(0, 400))
def test_a_hex_dump_has_every_byte_and_marks_one_line(content, first_line, offset):
    start = first_line * BYTES_PER_LINE
    lines = hex_dump(start, content, offset)
    digits = "".join("".join(line[12:61].split()) for line in lines)
    assert bytes.fromhex(digits) == content
    marked = [line for line in lines if line.startswith(">")]
    is_inside = start <= offset < start + len(lines) * BYTES_PER_LINE
    assert len(marked) == is_inside


def test_a_line_of_a_hex_dump_has_offset_bytes_and_characters():
    (line,) = hex_dump(0x40, b"RDF\x00\xff", 0x42)
    assert line == f"> 00000040  {'52 44 46 00 ff':<49} RDF.."
