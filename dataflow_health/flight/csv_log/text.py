"""Turns the bytes of a delimited log into text, and refuses bytes that are no text."""

import re

from dataflow_health.errors import RecordingRefused
from dataflow_health.flight.recorder import CsvRecorder

_MIN_ZERO_SHARE = 0.99
"""Share of 0x00 from which a file counts as blank."""

_MAX_CONTROL_SHARE = 0.05
"""Share of control characters above which a file is no text."""

_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_CONTROL = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")


def read_text(raw: bytes, recorder: CsvRecorder) -> str:
    """The text of a log, lines ended by a line feed.

    Raises:
        RecordingRefused: ``zero_filled``, ``wrong_encoding`` or ``not_text``.
    """
    zeros = raw.count(0)
    if not raw or zeros >= _MIN_ZERO_SHARE * len(raw):
        detail = f"the file is blank: {zeros} of {len(raw)} bytes are 0x00"
        raise RecordingRefused("zero_filled", detail, byte_offset=0, evidence=raw[:64])
    text = _decode(raw, recorder)
    controls = len(_CONTROL.findall(text))
    if controls > _MAX_CONTROL_SHARE * len(text):
        first = next(at for at, byte in enumerate(raw) if byte in _CONTROL_BYTES)
        detail = f"{controls} of {len(text)} characters are control characters: no delimited text"
        raise RecordingRefused("not_text", detail, byte_offset=first, evidence=raw[first:][:64])
    return text.replace("\r\n", "\n").replace("\r", "\n")


def is_utf_16(raw: bytes, recorder: CsvRecorder) -> bool:
    """True when a character has two bytes, as declared or by the byte order mark."""
    return recorder.encoding == "utf-16" or (
        recorder.encoding is None and raw.startswith(_UTF_16_MARKS)
    )


def line_offset(raw: bytes, line: int) -> int:
    """Byte offset of a line, from 1; that of the last line when there are fewer."""
    offset = 0
    for number, end in enumerate(_LINE_END.finditer(raw), start=2):
        if number > line or end.end() == len(raw):
            break
        offset = end.end()
    return offset


def refuse_line(reason: str, detail: str, raw: bytes, line: int) -> RecordingRefused:
    """The refusal of a log for one of its lines, with the bytes that stand there."""
    offset = line_offset(raw, line)
    evidence = raw[offset : offset + 64]
    return RecordingRefused(reason, detail, byte_offset=offset, evidence=evidence)


_CONTROL_BYTES = frozenset(range(32)) - frozenset(b"\t\n\r\0") | {0x7F}


def _decode(raw: bytes, recorder: CsvRecorder) -> str:
    encoding = recorder.encoding or "utf-8"
    body = raw.replace(b"\0", b"")
    if is_utf_16(raw, recorder):
        encoding, body = "utf-16", raw
    try:
        text = body.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        if recorder.encoding is None and encoding == "utf-8":
            return body.decode("latin-1")
        offset = error.start
        detail = f"byte {offset} is not {encoding}: {error.reason}"
        evidence = body[offset : offset + 64]
        raise RecordingRefused(
            "wrong_encoding", detail, byte_offset=offset, evidence=evidence
        ) from error
    return text.replace("\0", "")
