import pytest

from dataflow_health.errors import RecordingRefused
from dataflow_health.flight.csv_log.text import is_utf_16, line_offset, read_text, refuse_line
from dataflow_health.flight.recorder import CsvRecorder

ANY = CsvRecorder(kind="csv", members=("x",), time="T")


def in_encoding(name: str) -> CsvRecorder:
    return ANY.model_copy(update={"encoding": name})


@pytest.mark.parametrize(
    ("raw", "recorder"),
    [
        ("°C\r\n".encode(), ANY),
        (b"\xef\xbb\xbf\xc2\xb0C\r", ANY),
        ("°C\n".encode("latin-1"), ANY),
        ("°C\n".encode("utf-16"), ANY),
        ("°C\n".encode("utf-16"), in_encoding("utf-16")),
        ("°C\n".encode("cp1252"), in_encoding("cp1252")),
        (b"\0\xc2\xb0C\0\n", in_encoding("utf-8")),
    ],
)
def test_text_is_read_in_its_encoding(raw, recorder):
    assert read_text(raw, recorder) == "°C\n"
    assert is_utf_16(raw, recorder) == (b"C\0" in raw and b"\xff" in raw)


@pytest.mark.parametrize(
    ("raw", "recorder", "reason", "offset"),
    [
        (b"", ANY, "zero_filled", 0),
        (bytes(200) + b"a", ANY, "zero_filled", 0),
        (b"abc\xb0\n", in_encoding("utf-8"), "wrong_encoding", 3),
        (b"Time,NG\n\x01\x02\x03\x04", ANY, "not_text", 8),
    ],
)
def test_bytes_that_are_no_text_are_refused_with_their_place(raw, recorder, reason, offset):
    with pytest.raises(RecordingRefused) as caught:
        read_text(raw, recorder)
    assert (caught.value.reason, caught.value.byte_offset) == (reason, offset)
    assert caught.value.evidence == raw[offset:][:64]


def test_a_few_control_characters_are_damage_and_kept():
    assert read_text(b"a" * 100 + b"\x01\n", ANY).endswith("\x01\n")


@pytest.mark.parametrize(("line", "offset"), [(1, 0), (2, 3), (3, 5), (4, 7), (9, 7)])
def test_a_line_has_its_offset_whatever_ends_lines(line, offset):
    assert line_offset(b"a\r\nb\nc\rd", line) == offset


def test_a_refusal_of_a_line_shows_its_bytes():
    refused = refuse_line("ragged_rows", "why", b"a\nb\nc", 2)
    assert (refused.byte_offset, refused.evidence) == (2, b"b\nc")
