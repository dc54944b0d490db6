"""Faults in archives: changes to the members of a zip, and to its bytes."""

import stat
import zipfile
from dataclasses import replace
from io import BytesIO

from dataflow_health.simulator.fault_kind import ArchiveMember, FaultKind, LandedFile

FLAGS_IN_LOCAL_HEADER = 6
FLAGS_IN_DIRECTORY = 8
"""Offsets of the general purpose bit flag (PKWARE APPNOTE 6.3.10, sections 4.3.7 and 4.3.12)."""

BOMB_BYTES = 16 << 20
"""Small for a zip bomb, but a thousand times its compressed size."""


def build_zip(
    members: tuple[ArchiveMember, ...], date_time: tuple[int, int, int, int, int, int]
) -> bytes:
    """Builds a zip archive; equal members and times give identical bytes."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for member in members:
            info = zipfile.ZipInfo(member.name, date_time)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = member.mode << 16
            archive.writestr(info, member.content)
    return buffer.getvalue()


def _truncated(files: tuple[LandedFile, ...]) -> tuple[LandedFile, ...]:
    return tuple(
        replace(file, content=file.content[: len(file.content) * 6 // 10]) for file in files
    )


def _crc_error(files: tuple[LandedFile, ...]) -> tuple[LandedFile, ...]:
    """Changes one byte of the compressed recording."""
    broken = bytearray(files[0].content)
    broken[len(broken) // 2] ^= 0xFF
    return (replace(files[0], content=bytes(broken)), *files[1:])


def _encrypted(files: tuple[LandedFile, ...]) -> tuple[LandedFile, ...]:
    """Sets the encryption flag in the local header and in the central directory."""
    encrypted = bytearray(files[0].content)
    encrypted[FLAGS_IN_LOCAL_HEADER] |= 1
    encrypted[encrypted.index(b"PK\x01\x02") + FLAGS_IN_DIRECTORY] |= 1
    return (replace(files[0], content=bytes(encrypted)), *files[1:])


def _html_page(files: tuple[LandedFile, ...]) -> tuple[LandedFile, ...]:
    page = b"<!DOCTYPE html>\n<html><body><h1>502 Bad Gateway</h1></body></html>\n"
    return (replace(files[0], content=page), *files[1:])


def _partial(files: tuple[LandedFile, ...]) -> tuple[LandedFile, ...]:
    half = files[0].content[: len(files[0].content) // 2]
    return (LandedFile(f"{files[0].name}.part", half), *files[1:])


def _duplicated(files: tuple[LandedFile, ...]) -> tuple[LandedFile, ...]:
    return (*files, replace(files[0], name=files[0].name.replace(".zip", "_copy.zip")))


def _without_recordings(members: tuple[ArchiveMember, ...]) -> tuple[ArchiveMember, ...]:
    return tuple(member for member in members if not member.name.endswith(".rdf"))


def _two_slots(members: tuple[ArchiveMember, ...]) -> tuple[ArchiveMember, ...]:
    """Adds the same flight again without its beginning, as a second card slot records it."""
    first = members[0]
    second = replace(
        first, name=f"slot_2/{first.name}", content=first.content[len(first.content) // 8 :]
    )
    return (first, second, *members[1:])


def _other_tail(members: tuple[ArchiveMember, ...]) -> tuple[ArchiveMember, ...]:
    tail, rest = members[0].name.split("_", 1)
    return (replace(members[0], name=f"{tail[:-2]}99_{rest}"), *members[1:])


def _zip_bomb(members: tuple[ArchiveMember, ...]) -> tuple[ArchiveMember, ...]:
    return (replace(members[0], content=bytes(BOMB_BYTES)), *members[1:])


def _outside_folder(members: tuple[ArchiveMember, ...]) -> tuple[ArchiveMember, ...]:
    return (replace(members[0], name=f"../../{members[0].name}"), *members[1:])


def _symlinked(members: tuple[ArchiveMember, ...]) -> tuple[ArchiveMember, ...]:
    """Replaces the recording by a symbolic link to a file outside the folder."""
    link = replace(members[0], content=b"../../somewhere/else.rdf", mode=stat.S_IFLNK | 0o777)
    return (link, *members[1:])


def _cloned(members: tuple[ArchiveMember, ...]) -> tuple[ArchiveMember, ...]:
    """Adds the recording again under the name of another aircraft."""
    tail, rest = members[0].name.split("_", 1)
    clone = replace(members[0], name=f"{tail[:-2]}98_{rest}")
    return (*members, clone)


ARCHIVE_FAULTS = {
    "truncated": FaultKind(
        "The upload was interrupted.", "archive", "extract", "quarantined", "truncated",
        loads=False, on_files=_truncated),
    "crc_error": FaultKind(
        "A byte changed in transit.", "archive", "extract", "quarantined", "crc_error",
        loads=False, on_files=_crc_error),
    "password": FaultKind(
        "The zip requires a password.", "archive", "extract", "quarantined", "encrypted",
        loads=False, on_files=_encrypted),
    "html_page": FaultKind(
        "A proxy's error page was saved as the zip.", "archive", "extract", "quarantined",
        "html_page", loads=False, on_files=_html_page),
    "part": FaultKind(
        "The file is still being written.", "archive", "download", "waiting", loads=False,
        on_files=_partial),
    "duplicate": FaultKind(
        "The archive arrived twice, under two names.", "archive", "download", "duplicate",
        on_files=_duplicated),
    "empty": FaultKind(
        "The file is empty.", "archive", "extract", "quarantined", "empty_file", loads=False,
        on_files=lambda files: (replace(files[0], content=b""), *files[1:])),
    "no_recording": FaultKind(
        "The zip contains no recording.", "archive", "extract", "quarantined", "no_recording",
        loads=False, on_members=_without_recordings),
    "two_recordings": FaultKind(
        "The zip contains two recordings of one flight, one without its beginning.", "archive",
        "extract", "intact", on_members=_two_slots),
    "wrong_tail": FaultKind(
        "The tail number of the recording differs from that of its archive.", "archive", "parse",
        "quarantined", "tail_mismatch", loads=False, on_members=_other_tail),
    "bomb": FaultKind(
        "A member expands to a thousand times its size.", "archive", "extract", "quarantined",
        "bomb", loads=False, on_members=_zip_bomb),
    "path_escape": FaultKind(
        "The path of a member leads out of the folder.", "archive", "extract", "quarantined",
        "path_escape", loads=False, on_members=_outside_folder),
    "symlink": FaultKind(
        "A member is a symbolic link.", "archive", "extract", "quarantined", "symlink",
        loads=False, on_members=_symlinked),
    "cloned_card": FaultKind(
        "The card was cloned: the recording is included again under another tail.", "archive",
        "extract", "duplicate", on_members=_cloned),
}  # fmt: skip
"""Faults in archives, by name."""
