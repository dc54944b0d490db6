"""Opens zip archives and writes single members to files, checked against the directory.

libdeflate decompresses members up to :data:`WHOLE_BYTES` at once, 1.6 times as fast as
``zipfile``; larger ones and other methods go through ``zipfile`` piece by piece.
"""

import errno
import hashlib
import lzma
import os
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import deflate

from dataflow_health.errors import ArchiveRefused
from dataflow_health.stages.item_fault import is_stage_fault

WHOLE_BYTES = 64 << 20
"""Largest member, packed and unpacked, that is in memory as a whole."""

_PIECE_BYTES = 16 << 10
"""Unpacked bytes of a larger member at a time. ``zipfile`` hands as many packed bytes to bzip2 and
LZMA, which may unpack them 10,000 times."""
_LOCAL_HEADER_BYTES = 30
"""Fixed part of a local file header (APPNOTE section 4.3.7)."""
_END_OF_DIRECTORY = b"PK\x05\x06"
_LONGEST_END_BYTES = 22 + 65_535
"""Record that ends the directory, with the longest comment (APPNOTE section 4.3.16)."""
_HEAD_BYTES = 512
"""Bytes at the start of a file that show what it is instead of a zip."""

_DAMAGE = (
    zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, OverflowError,
    lzma.LZMAError, zlib.error,
)  # fmt: skip
"""Errors of ``zipfile`` and its decompressors about the bytes of one member."""


def open_archive(file: BinaryIO) -> zipfile.ZipFile:
    """Reads the directory of a zip archive.

    Raises:
        ArchiveRefused: The file is not a complete zip archive.
    """
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError, OSError) as error:
        if is_stage_fault(error):
            raise
        raise _not_a_zip(file, error) from None


def find_overlaps(infos: Sequence[zipfile.ZipInfo]) -> set[int]:
    """Offsets of members that share bytes with another one, so that few bytes unpack to many."""
    overlapping: set[int] = set()
    end, last = 0, -1
    for info in sorted(infos, key=lambda each: each.header_offset):
        if info.header_offset < end:
            overlapping |= {last, info.header_offset}
        info_end = info.header_offset + _LOCAL_HEADER_BYTES + info.compress_size
        if info_end > end:
            end, last = info_end, info.header_offset
    return overlapping


def check_offset(file: BinaryIO, info: zipfile.ZipInfo) -> None:
    """Refuses a member that the directory places outside of its archive.

    Its offset has eight bytes (APPNOTE section 4.5.3), more than files or databases take.

    Raises:
        ArchiveRefused: There is no such byte.
    """
    size = file.seek(0, os.SEEK_END)
    if not 0 <= info.header_offset < size:
        detail = f"{info.filename}: the directory places it at byte {info.header_offset} of {size}"
        raise ArchiveRefused("crc_error", detail, byte_offset=size)


def write_member(
    archive: zipfile.ZipFile, file: BinaryIO, info: zipfile.ZipInfo, target: Path
) -> str:
    """Writes a member to a file and returns the SHA-256 of its bytes.

    Args:
        archive: The archive.
        file: Its bytes.
        info: The member's entry in the directory.
        target: Path of the file; what a killed process left there is replaced.

    Raises:
        ArchiveRefused: The member is damaged, or larger than this process may write.
        OSError: The file cannot be written.
    """
    digest = hashlib.sha256()
    with target.open("wb") as stream:
        for piece in _pieces(archive, file, info):
            digest.update(piece)
            _write(stream, piece, info)
    return digest.hexdigest()


def _write(stream: BinaryIO, piece: bytes | bytearray, info: zipfile.ZipInfo) -> None:
    try:
        stream.write(piece)
        stream.flush()
    except OSError as error:
        if error.errno != errno.EFBIG:
            raise
        detail = f"{info.filename}: {info.file_size:,} bytes are more than a file may have"
        raise ArchiveRefused("file_too_large", detail, byte_offset=info.header_offset) from None


def _pieces(
    archive: zipfile.ZipFile, file: BinaryIO, info: zipfile.ZipInfo
) -> Iterator[bytes | bytearray]:
    is_small = max(info.file_size, info.compress_size) <= WHOLE_BYTES
    if info.compress_type == zipfile.ZIP_DEFLATED and is_small:
        yield _inflate(file, info)
        return
    try:
        with archive.open(info) as member:
            while piece := member.read(_PIECE_BYTES):
                yield piece
    except _DAMAGE as error:
        if is_stage_fault(error):
            raise
        raise _damaged(info, str(error)) from None


def _inflate(file: BinaryIO, info: zipfile.ZipInfo) -> bytearray:
    file.seek(info.header_offset)
    header = file.read(_LOCAL_HEADER_BYTES)
    if header[:4] != b"PK\x03\x04" or len(header) < _LOCAL_HEADER_BYTES:
        raise _damaged(info, "no local header where the directory points")
    names = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    file.seek(info.header_offset + _LOCAL_HEADER_BYTES + names)
    packed = file.read(info.compress_size)
    try:
        inner: bytearray = deflate.deflate_decompress(packed, info.file_size)
    except deflate.DeflateError as error:
        raise _damaged(info, str(error) or "does not inflate") from None
    if len(inner) != info.file_size or deflate.crc32(inner) != info.CRC:
        raise _damaged(info, f"CRC-32 should be {info.CRC:08x}, is {deflate.crc32(inner):08x}")
    return inner


def _damaged(info: zipfile.ZipInfo, detail: str) -> ArchiveRefused:
    return ArchiveRefused("crc_error", f"{info.filename}: {detail}", byte_offset=info.header_offset)


def _not_a_zip(file: BinaryIO, error: Exception) -> ArchiveRefused:
    size, start, end = _ends(file)
    head = start.lstrip().lower()
    if not size:
        return ArchiveRefused("empty_file", "0 bytes", byte_offset=0)
    if head.startswith((b"<!doctype", b"<html")):
        return ArchiveRefused("html_page", "a web page, not a zip", byte_offset=0, evidence=start)
    if not start.startswith(b"PK\x03\x04"):
        detail = "does not begin with PK\\x03\\x04"
        return ArchiveRefused("not_a_zip", detail, byte_offset=0, evidence=start)
    if _END_OF_DIRECTORY in end:
        detail = f"its directory cannot be read: {error}"
        at = end.rindex(_END_OF_DIRECTORY)
        offset = size - len(end) + at
        return ArchiveRefused("bad_directory", detail, byte_offset=offset, evidence=end[at:])
    detail = f"begins as a zip but its directory is missing: cut off after {size} bytes"
    return ArchiveRefused("truncated", detail, byte_offset=size, evidence=end[-64:])


def _ends(file: BinaryIO) -> tuple[int, bytes, bytes]:
    """Size of a file, its first and its last bytes."""
    size = file.seek(0, 2)
    file.seek(0)
    start = file.read(_HEAD_BYTES)
    file.seek(max(size - _LONGEST_END_BYTES, 0))
    return size, start, file.read()
