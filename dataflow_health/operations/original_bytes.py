"""Original bytes of quarantined archives and recordings, around the position of the failure."""

from typing import NamedTuple

from dataflow_health.errors import StorageError
from dataflow_health.storage.files.lake import Lake, partition_path
from dataflow_health.storage.ledger.stage_records import StageRecord

BYTES_BEFORE = 64
"""Bytes shown before the position of the failure."""
MAX_BYTES = 256
"""Bytes shown in total."""
BYTES_PER_LINE = 16


class OriginalBytes(NamedTuple):
    """Original bytes around the position where a stage failed.

    Attributes:
        path: Path of the original file in the lake.
        size_bytes: Size of that file.
        start: Offset of the first byte in ``content``.
        content: Bytes around the failure.
        note: Reason the bytes cannot be read; empty when they can.
    """

    path: str
    size_bytes: int
    start: int
    content: bytes
    note: str = ""


def original_path(record: StageRecord) -> str:
    """Path in the lake of an archive or recording as it arrived."""
    if record.is_archive:
        return str(record.archive_path)
    return extracted_path(record.arrival_day, record.tail, record.id)


def extracted_path(day: str, tail: str, id_: str) -> str:
    """Path in the lake of a recording as extract took it out of its archive."""
    return f"extract/{partition_path(arrival_day=day, tail=tail)}/{id_}.rdf"


def read_original(lake: Lake, record: StageRecord) -> OriginalBytes:
    """Bytes around the position of the failure; from the start when there is no position."""
    path = original_path(record)
    try:
        content = lake.read(path)
    except StorageError as error:
        return OriginalBytes(path, 0, 0, b"", str(error))
    start = max((record.byte_offset or 0) - BYTES_BEFORE, 0) // BYTES_PER_LINE * BYTES_PER_LINE
    return OriginalBytes(path, len(content), start, content[start : start + MAX_BYTES])


def hex_dump(start: int, content: bytes, marked_offset: int | None = None) -> list[str]:
    """Hex dump: offset, 16 bytes and their ASCII characters per line.

    Args:
        start: Offset of the first byte.
        content: Bytes to show.
        marked_offset: Offset whose line begins with ``>``.
    """
    lines = []
    for index in range(0, len(content), BYTES_PER_LINE):
        chunk = content[index : index + BYTES_PER_LINE]
        offset = start + index
        is_marked = marked_offset is not None and 0 <= marked_offset - offset < BYTES_PER_LINE
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in chunk)
        digits = f"{chunk[:8].hex(' ')}  {chunk[8:].hex(' ')}"
        lines.append(f"{'>' if is_marked else ' '} {offset:08x}  {digits:<49} {text}")
    return lines
