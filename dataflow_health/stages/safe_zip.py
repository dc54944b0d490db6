"""Safe reading of zip archives from untrusted sources, member by member.

The names and sizes in the directory are compared with the limits before anything is decompressed.
Each member is written to a file of its own, which is gone when the next one is read, so an archive
needs no more memory than its directory and one piece of a member.
"""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from dataflow_health.errors import ArchiveRefused
from dataflow_health.stages import member_names, zip_content
from dataflow_health.stages.item_fault import refuse_faults
from dataflow_health.stages.member_names import TOP, MemberName, MemberNames

_ENCRYPTED = 0x1
"""General purpose flag bit 0 (PKWARE APPNOTE 6.3.10, section 4.4.4)."""
_ZIP = b"PK\x03\x04"
"""First bytes of a zip archive with a member."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of an archive. Too deep or too packed members are refused alone, else the archive.

    Attributes:
        total_bytes: Largest sum of unpacked bytes of all members, nested archives included.
        ratio: Largest ratio of unpacked to packed bytes of a member above 1 MiB.
        members: Largest number of members, nested archives included.
        depth: Deepest nesting of zip archives.
    """

    total_bytes: int
    ratio: float
    members: int
    depth: int


@dataclass(frozen=True, slots=True)
class Member:
    """One file inside an archive.

    Attributes:
        path: Path that no other member of the archive has: that of a nested archive, ``!``, then
            the inner name, with ``#2`` for the second member of one name.
        name: The same without such numbers; patterns search it.
        size_bytes: Unpacked size according to the directory.
        file: Unpacked bytes; removed when the next member is read. None when it is refused.
        digest: SHA-256 of these bytes; empty when the member is refused.
        refusal: Reason for the refusal; None when the member is accepted.
    """

    path: str
    name: str
    size_bytes: int
    file: Path | None
    digest: str = ""
    refusal: ArchiveRefused | None = None


@dataclass(slots=True)
class _Reading:
    """State of reading an archive and its nested archives: remaining bytes and members, names."""

    limits: Limits
    folder: Path
    bytes: int
    members: int
    names: MemberNames = field(default_factory=MemberNames)
    files: int = 0

    def spend(self, infos: list[zipfile.ZipInfo]) -> None:
        self.members -= len(infos)
        self.bytes -= sum(info.file_size for info in infos)
        if self.members < 0:
            raise ArchiveRefused("too_many_members", "holds more members than the limit")
        if self.bytes < 0:
            raise ArchiveRefused("too_large", "unpacks to more bytes than the limit")

    def new_file(self) -> Path:
        self.files += 1
        return self.folder / str(self.files)


def members(file: BinaryIO, limits: Limits, folder: Path) -> Iterator[Member]:
    """All files of an archive and of its nested archives, without folders.

    Args:
        file: The archive.
        limits: Its limits.
        folder: Folder for the members' files.

    Raises:
        ArchiveRefused: The file is not a complete zip archive, or exceeds a limit.
    """
    reading = _Reading(limits, folder, limits.total_bytes, limits.members)
    yield from _members(file, reading, TOP, 0)


def _members(file: BinaryIO, reading: _Reading, parent: MemberName, depth: int) -> Iterator[Member]:
    archive = zip_content.open_archive(file)
    infos = [info for info in archive.infolist() if not _is_folder(info)]
    reading.spend(infos)
    overlaps = zip_content.find_overlaps(infos)
    for info in infos:
        named = reading.names.add(parent, info.filename)
        target = reading.new_file()
        try:
            with refuse_faults(ArchiveRefused, named.path):
                zip_content.check_offset(file, info)
                _check(named, info, reading.limits, overlaps)
                digest = zip_content.write_member(archive, file, info, target)
                is_archive = _is_archive(target)
            if is_archive:
                yield from _nested(target, reading, named, depth + 1)
            else:
                yield Member(named.path, named.name, info.file_size, target, digest)
        except ArchiveRefused as refusal:
            if refusal.reason in {"too_many_members", "too_large"}:
                raise
            yield Member(named.path, named.name, info.file_size, None, refusal=refusal)
        finally:
            target.unlink(missing_ok=True)


def _nested(target: Path, reading: _Reading, named: MemberName, depth: int) -> Iterator[Member]:
    if depth > reading.limits.depth:
        detail = f"{named.path}: zips nested beyond {reading.limits.depth}"
        raise ArchiveRefused("too_deep", detail)
    with refuse_faults(ArchiveRefused, named.path), target.open("rb") as inner:
        yield from _members(inner, reading, named, depth)


def _check(named: MemberName, info: zipfile.ZipInfo, limits: Limits, overlaps: set[int]) -> None:
    """Refuses a member by its entry in the directory."""
    member_names.check(named, info)
    at = info.header_offset
    if info.flag_bits & _ENCRYPTED:
        raise ArchiveRefused("encrypted", f"{info.filename}: needs a password", byte_offset=at)
    if at in overlaps:
        detail = f"{info.filename}: shares its bytes with another member"
        raise ArchiveRefused("overlapping_members", detail, byte_offset=at)
    if info.file_size > limits.ratio * max(info.compress_size, 1) and info.file_size > 1 << 20:
        ratio = info.file_size / max(info.compress_size, 1)
        detail = f"{info.filename}: unpacks {ratio:,.0f} times, limit {limits.ratio:,.0f}"
        raise ArchiveRefused("bomb", detail, byte_offset=at)


def _is_archive(target: Path) -> bool:
    with target.open("rb") as stream:
        return stream.read(len(_ZIP)) == _ZIP


def _is_folder(info: zipfile.ZipInfo) -> bool:
    """Whether a member is a folder, which holds no bytes; ``ZipInfo.is_dir`` fails without name."""
    return info.filename.endswith("/") and not info.file_size
