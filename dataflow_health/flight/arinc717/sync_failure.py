"""Why a file holds no frames of its layout: the cases told apart, each with what was found."""

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
_FILE_SIGNATURES = {
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "a gzip file",
    b"%PDF": "a PDF",
    b"SQLite format 3": "an SQLite database",
    b"\x7fELF": "a program",
    b"\x25\xeb": "an IRIG 106 Chapter 10 recording",
}
_TEXT_BYTES = 512


def diagnose_sync_failure(
    raw: bytes, recorder: Arinc717Recorder, layout: Layout
) -> RecordingRefused:
    """The refusal of a file in which no sync word of the layout holds its stride."""
    least = 2 * layout.words_per_subframe * WORD_BITS // 8
    body = raw[recorder.header_bytes :]
    if len(body) < least:
        return _refuse("too_short", raw, f"{len(body)} bytes; two subframes need at least {least}")
    data = np.frombuffer(body, np.uint8)
    for value, reason in ((0x00, "zero_filled"), (0xFF, "ff_filled")):
        share = float((data == value).mean())
        if share >= _MIN_SHARE:
            return _refuse(reason, raw, f"{share:.1%} of {len(body)} bytes are 0x{value:02X}")
    return _find_other_reading(raw, recorder, layout) or _diagnose_content(raw, layout)


def refuse_ambiguous_packing(scores: dict[WordPacking, int], raw: bytes) -> RecordingRefused:
    """The refusal of a file that reads well in more than one container."""
    told = ", ".join(f"{name} {found} subframes" for name, found in scores.items() if found)
    return _refuse("ambiguous_container", raw, f"sync words hold in more than one way: {told}")


def _find_other_reading(
    raw: bytes, recorder: Arinc717Recorder, layout: Layout
) -> RecordingRefused | None:
    """The refusal of a file that has frames, but not those of the recorder and the layout."""
    for container, rate in _other_readings(recorder, layout):
        stream = open_stream(raw, container, recorder.header_bytes)
        stride = rate * stream.pitch
        if not count_subframes(stream, rate, layout.sync_words, choose_probes(stream, stride)):
            continue
        offset = find_runs(stream, rate, layout.sync_words, 1)[0].start // 8
        reads = f"sync words hold at {rate} words/s as {container}"
        if rate != layout.words_per_subframe:
            wants = f"the layout has {layout.words_per_subframe} words/s"
            return _refuse("wrong_frame_rate", raw, f"{reads}; {wants}", offset)
        swapped = container != "packed" and set(recorder.containers) & {"le16", "be16"}
        wants = f"the recorder allows {', '.join(recorder.containers)}"
        reason = "words_byte_swapped" if swapped else "wrong_container"
        return _refuse(reason, raw, f"{reads}; {wants}", offset)
    return None


def _other_readings(
    recorder: Arinc717Recorder, layout: Layout
) -> Iterator[tuple[WordPacking, int]]:
    others = [name for name in WORD_PACKINGS if name not in recorder.containers]
    yield from ((name, layout.words_per_subframe) for name in others)
    rates = [rate for rate in WORD_RATES if rate != layout.words_per_subframe]
    yield from ((name, rate) for name in (*recorder.containers, *others) for rate in rates)


def _diagnose_content(raw: bytes, layout: Layout) -> RecordingRefused:
    head = raw[:_TEXT_BYTES]
    for magic, what in _FILE_SIGNATURES.items():
        if head.startswith(magic):
            return _refuse(
                "foreign_header", raw, f"starts like {what}, not like words of ARINC 717"
            )
    if _is_text(head):
        what = (
            "an HTML page" if b"<html" in head.lower() or b"<!doctype" in head.lower() else "text"
        )
        return _refuse("foreign_header", raw, f"starts like {what}, not like words of ARINC 717")
    words = ", ".join(f"0x{word:03X}" for word in layout.sync_words)
    stride = f"{layout.words_per_subframe} words apart"
    return _refuse(
        "no_sync",
        raw,
        f"sync words {words} never stand {stride} in {len(raw)} bytes, in any container",
    )


def _is_text(head: bytes) -> bool:
    printable = sum(byte in b"\t\r\n" or 32 <= byte < 127 for byte in head)
    return bool(head) and printable >= _MIN_SHARE * len(head)


def _refuse(reason: str, raw: bytes, detail: str, offset: int = 0) -> RecordingRefused:
    return RecordingRefused(reason, detail, byte_offset=offset, evidence=raw[offset : offset + 64])
