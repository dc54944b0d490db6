"""Reasons why a file holds no subframe of its layout, each with the evidence found."""

from collections.abc import Iterator

import numpy as np

from dataflow_health.errors import RecordingRefused
from dataflow_health.flight.arinc717.sync import choose_probes, count_subframes, find_runs
from dataflow_health.flight.arinc717.word_packing import open_stream
from dataflow_health.flight.layout import WORD_BITS, Layout
from dataflow_health.flight.recorder import Arinc717Recorder, WordPacking

WORD_PACKINGS: tuple[WordPacking, ...] = ("le16", "be16", "packed")

WORD_RATES = (32, 64, 128, 256, 512, 1024, 2048, 4096, 8192)
"""Words a second to try: ARINC 717-15 section 3.3 names 64 to 8192 (32 is of ARINC 573)."""

_MIN_SHARE = 0.99
"""Share of equal bytes from which a file is blank; of printable bytes from which it is text."""

_FILE_SIGNATURES = {
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "a gzip file",
    b"%PDF": "a PDF",
    b"SQLite format 3": "an SQLite database",
    b"\x7fELF": "a program",
    b"\x25\xeb": "an IRIG 106 Chapter 10 recording",
}
_TEXT_BYTES = 512
"""Bytes at the start of a file that decide whether it is text."""


def diagnose_sync_failure(
    raw: bytes, recorder: Arinc717Recorder, layout: Layout
) -> RecordingRefused:
    """The refusal of a file in which no sync word of the layout repeats at the subframe's stride.

    Args:
        raw: The whole file.
        recorder: Its recorder.
        layout: Its layout.

    Returns:
        An exception to raise, with the most specific reason that applies.
    """
    least = 2 * layout.words_per_subframe * WORD_BITS // 8
    body = raw[recorder.header_bytes :]
    if len(body) < least:
        return _refuse(
            "too_short", raw, f"the file has {len(body)} bytes; two subframes need at least {least}"
        )
    data = np.frombuffer(body, np.uint8)
    for value, reason in ((0x00, "zero_filled"), (0xFF, "ff_filled")):
        share = float((data == value).mean())
        if share >= _MIN_SHARE:
            return _refuse(
                reason,
                raw,
                f"the file is blank: {share:.1%} of {len(body)} bytes are 0x{value:02X}",
            )
    return _find_other_reading(raw, recorder, layout) or _diagnose_content(raw, layout)


def refuse_ambiguous_packing(scores: dict[WordPacking, int], raw: bytes) -> RecordingRefused:
    """The refusal of a file that holds subframes in more than one word packing.

    Args:
        scores: Subframes found, by word packing.
        raw: The whole file.
    """
    found = ", ".join(f"{count} subframes as {name}" for name, count in scores.items() if count)
    return _refuse(
        "ambiguous_word_packing",
        raw,
        f"the file reads in more than one word packing: {found}; "
        "set word_packings of the recorder to the right one",
    )


def _find_other_reading(
    raw: bytes, recorder: Arinc717Recorder, layout: Layout
) -> RecordingRefused | None:
    """The refusal of a file with subframes of another word rate or word packing, None without."""
    for word_packing, rate in _other_readings(recorder, layout):
        stream = open_stream(raw, word_packing, recorder.header_bytes)
        probes = choose_probes(stream, rate * stream.word_spacing_bits)
        if not count_subframes(stream, rate, layout.sync_words, probes):
            continue
        offset = find_runs(stream, rate, layout.sync_words, 1)[0].start_bit // 8
        found = f"the file has {rate} words/s packed as {word_packing}"
        if rate != layout.words_per_subframe:
            expected = f"the layout expects {layout.words_per_subframe} words/s"
            return _refuse("wrong_frame_rate", raw, f"{found}; {expected}", offset)
        expected = f"the recorder allows {', '.join(recorder.word_packings)}"
        is_swapped = word_packing != "packed" and set(recorder.word_packings) & {"le16", "be16"}
        reason = "words_byte_swapped" if is_swapped else "wrong_word_packing"
        return _refuse(reason, raw, f"{found}; {expected}", offset)
    return None


def _other_readings(
    recorder: Arinc717Recorder, layout: Layout
) -> Iterator[tuple[WordPacking, int]]:
    """Word packings and word rates to try: other packings first, then other rates in all."""
    others = [name for name in WORD_PACKINGS if name not in recorder.word_packings]
    yield from ((name, layout.words_per_subframe) for name in others)
    rates = [rate for rate in WORD_RATES if rate != layout.words_per_subframe]
    yield from ((name, rate) for name in (*recorder.word_packings, *others) for rate in rates)


def _diagnose_content(raw: bytes, layout: Layout) -> RecordingRefused:
    """The refusal of a file without any subframe: by its kind of file, else ``no_sync``."""
    file_kind = _foreign_file_kind(raw[:_TEXT_BYTES])
    if file_kind:
        return _refuse(
            "foreign_header", raw, f"the file starts like {file_kind}, not like words of ARINC 717"
        )
    words = ", ".join(f"0x{word:03X}" for word in layout.sync_words)
    return _refuse(
        "no_sync",
        raw,
        f"sync words {words} never stand {layout.words_per_subframe} words apart "
        f"in {len(raw)} bytes, in any word packing",
    )


def _foreign_file_kind(head: bytes) -> str:
    """Kind of file by its first bytes, such as ``a PDF``; empty when they are no known kind."""
    for signature, file_kind in _FILE_SIGNATURES.items():
        if head.startswith(signature):
            return file_kind
    if not _is_text(head):
        return ""
    lowered = head.lower()
    return "an HTML page" if b"<html" in lowered or b"<!doctype" in lowered else "text"


def _is_text(head: bytes) -> bool:
    printable = sum(byte in b"\t\r\n" or 32 <= byte < 127 for byte in head)
    return bool(head) and printable >= _MIN_SHARE * len(head)


def _refuse(reason: str, raw: bytes, detail: str, offset: int = 0) -> RecordingRefused:
    """A refusal with 64 bytes of evidence at ``offset``."""
    return RecordingRefused(reason, detail, byte_offset=offset, evidence=raw[offset : offset + 64])
