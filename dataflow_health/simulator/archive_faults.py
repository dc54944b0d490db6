"""Archives that go wrong on their way: changes to what is in a zip, and to its bytes."""

import stat
import zipfile
from dataclasses import replace
from io import BytesIO

from dataflow_health.simulator.fault_kind import FaultKind, File, Member

FLAGS_IN_LOCAL_HEADER = 6
FLAGS_IN_DIRECTORY = 8
"""Offsets of the general purpose bit flag (PKWARE APPNOTE 6.3.10, sections 4.3.7 and 4.3.12)."""

BOMB_BYTES = 16 << 20
"""Small for a bomb, yet a thousand times its packed size."""


def zipped(members: tuple[Member, ...], date_time: tuple[int, int, int, int, int, int]) -> bytes:
    """A zip archive; the same members and time always give the same bytes."""
    held = BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for member in members:
            info = zipfile.ZipInfo(member.name, date_time)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = member.mode << 16
            archive.writestr(info, member.content)
    return held.getvalue()


def _truncated(files: tuple[File, ...]) -> tuple[File, ...]:
    return tuple(
        replace(file, content=file.content[: len(file.content) * 6 // 10]) for file in files
    )


def _crc_error(files: tuple[File, ...]) -> tuple[File, ...]:
    """One byte of the packed recording is another."""
    broken = bytearray(files[0].content)
    broken[len(broken) // 2] ^= 0xFF
    return (replace(files[0], content=bytes(broken)), *files[1:])


def _password(files: tuple[File, ...]) -> tuple[File, ...]:
    """The flag of encryption is set, in the member's header and in the directory."""
    locked = bytearray(files[0].content)
    locked[FLAGS_IN_LOCAL_HEADER] |= 1
    locked[locked.index(b"PK\x01\x02") + FLAGS_IN_DIRECTORY] |= 1
    return (replace(files[0], content=bytes(locked)), *files[1:])


def _html_page(files: tuple[File, ...]) -> tuple[File, ...]:
    page = b"<!DOCTYPE html>\n<html><body><h1>502 Bad Gateway</h1></body></html>\n"
    return (replace(files[0], content=page), *files[1:])


def _part(files: tuple[File, ...]) -> tuple[File, ...]:
    half = files[0].content[: len(files[0].content) // 2]
    return (File(f"{files[0].name}.part", half), *files[1:])


def _again(files: tuple[File, ...]) -> tuple[File, ...]:
    return (*files, replace(files[0], name=files[0].name.replace(".zip", "_copy.zip")))


def _recordings_gone(members: tuple[Member, ...]) -> tuple[Member, ...]:
    return tuple(member for member in members if not member.name.endswith(".rdf"))


def _twice(members: tuple[Member, ...]) -> tuple[Member, ...]:
    """The same flight once more, its beginning missing, as a second card slot writes it."""
    first = members[0]
    second = replace(
        first, name=f"slot_2/{first.name}", content=first.content[len(first.content) // 8 :]
    )
    return (first, second, *members[1:])


def _other_tail(members: tuple[Member, ...]) -> tuple[Member, ...]:
    tail, rest = members[0].name.split("_", 1)
    return (replace(members[0], name=f"{tail[:-2]}99_{rest}"), *members[1:])


def _bomb(members: tuple[Member, ...]) -> tuple[Member, ...]:
    return (replace(members[0], content=bytes(BOMB_BYTES)), *members[1:])


def _escaping(members: tuple[Member, ...]) -> tuple[Member, ...]:
    return (replace(members[0], name=f"../../{members[0].name}"), *members[1:])


def _linked(members: tuple[Member, ...]) -> tuple[Member, ...]:
    """The recording is a symbolic link to somewhere outside."""
    link = replace(members[0], content=b"../../somewhere/else.rdf", mode=stat.S_IFLNK | 0o777)
    return (link, *members[1:])


def _cloned(members: tuple[Member, ...]) -> tuple[Member, ...]:
    """The card also holds the recording under another aircraft's name."""
    tail, rest = members[0].name.split("_", 1)
    clone = replace(members[0], name=f"{tail[:-2]}98_{rest}")
    return (*members, clone)


ARCHIVE_FAULTS = {
    "truncated": FaultKind(
        "The upload broke off.", "archive", "extract", "quarantined", "truncated", loads=False,
        on_files=_truncated),
    "crc_error": FaultKind(
        "A byte changed on the way.", "archive", "extract", "quarantined", "crc_error",
        loads=False, on_files=_crc_error),
    "password": FaultKind(
        "The zip asks for a password.", "archive", "extract", "quarantined", "encrypted",
        loads=False, on_files=_password),
    "html_page": FaultKind(
        "A proxy's error page was saved as the zip.", "archive", "extract", "quarantined",
        "html_page", loads=False, on_files=_html_page),
    "part": FaultKind(
        "The file is still being written.", "archive", "download", "waiting", loads=False,
        on_files=_part),
    "duplicate": FaultKind(
        "The archive came twice, under two names.", "archive", "download", "duplicate",
        on_files=_again),
    "empty": FaultKind(
        "The file has no bytes.", "archive", "extract", "quarantined", "empty_file", loads=False,
        on_files=lambda files: (replace(files[0], content=b""), *files[1:])),
    "no_recording": FaultKind(
        "The zip holds no recording.", "archive", "extract", "quarantined", "no_recording",
        loads=False, on_members=_recordings_gone),
    "two_recordings": FaultKind(
        "The zip holds two recordings of one flight, one with its beginning missing.", "archive",
        "extract", "kept", on_members=_twice),
    "wrong_tail": FaultKind(
        "The recording is named for another tail than its archive.", "archive", "parse",
        "quarantined", "tail_mismatch", loads=False, on_members=_other_tail),
    "bomb": FaultKind(
        "A member unpacks to a thousand times its size.", "archive", "extract", "quarantined",
        "bomb", loads=False, on_members=_bomb),
    "path_escape": FaultKind(
        "A member's path leads out of the folder.", "archive", "extract", "quarantined",
        "path_escape", loads=False, on_members=_escaping),
    "symlink": FaultKind(
        "A member is a symbolic link.", "archive", "extract", "quarantined", "symlink",
        loads=False, on_members=_linked),
    "cloned_card": FaultKind(
        "The card was cloned: the recording is there again, named for another tail.", "archive",
        "extract", "duplicate", on_members=_cloned),
}  # fmt: skip
"""Faults that are changes of archives, by name."""
