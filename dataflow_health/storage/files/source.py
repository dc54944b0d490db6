"""The source of archives: a folder, ``s3://`` or ``sftp://``, read through fsspec.

What is named as an archive and is none, such as a link, is a refused entry and stops no other.
"""

import sys
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import PurePosixPath
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from dataflow_health import masking
from dataflow_health.errors import ArchiveRefused, Refused, SourceUnreachable
from dataflow_health.storage.files import landing_folder
from dataflow_health.storage.files.landing_folder import Entry
from dataflow_health.storage.files.landing_watch import LandingWatch
from dataflow_health.storage.sql.text import storable

SIDECAR = ".sha256"
UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload", ".partial")
"""Suffixes that upload tools give to a file while they write it."""
MOST_STRANGE = 1000
"""Files that are no archives are listed up to this number, so that a wrong folder costs little."""
LONGEST_NAME_BYTES = 1024
"""Names are keys of the ledger, and patterns search them."""
FIRST_TIME = datetime(1970, 1, 1, tzinfo=UTC)
LAST_TIME = datetime(9999, 1, 1, tzinfo=UTC)
"""Stand for times that no calendar has, which any writer can give to a file."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One archive at the source.

    Attributes:
        name: Path below the source's root, escaped where it is not UTF-8.
        size_bytes: Size when it was listed.
        modified_at: Time of the last modification, UTC.
        sidecar: Path of its ``.sha256`` file; None when there is none.
        raw_name: Path as the source gives it, when that is not UTF-8; else empty.
    """

    name: str
    size_bytes: int
    modified_at: datetime
    sidecar: str | None
    raw_name: str = ""

    @property
    def path(self) -> str:
        """Path below the source's root, by which it is read."""
        return self.raw_name or self.name


@dataclass(frozen=True, slots=True)
class RefusedEntry:
    """An entry at the source that cannot be taken, or is not named as an archive.

    Attributes:
        name: Path below the source's root, escaped where it is not UTF-8.
        reason: Reason code.
        detail: Explanation of the reason.
    """

    name: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Listing:
    """What a source holds.

    Attributes:
        archives: Archives, oldest first.
        refused: Entries that cannot be taken, by name.
    """

    archives: tuple[SourceFile, ...]
    refused: tuple[RefusedEntry, ...]


def list_archives(url: str) -> list[SourceFile]:
    """Zip archives at a source, oldest first, without unfinished uploads.

    Raises:
        SourceUnreachable: The source cannot be listed.
    """
    return list(list_entries(url).archives)


def list_entries(url: str) -> Listing:
    """Zip archives at a source, and what cannot be taken: links, unfinished uploads, other files.

    Raises:
        SourceUnreachable: The source cannot be listed.
    """
    with _connection(url) as (system, root):
        found = list(_entries(system, root))
    return _listing(found)


def some_archives(url: str, number: int) -> list[str]:
    """Paths of some archives at a source; a folder on this machine is not listed any further.

    Args:
        url: The source.
        number: Number of archives at most.

    Raises:
        SourceUnreachable: The source cannot be listed.
    """
    with _connection(url) as (system, root):
        found = (e.name for e in _entries(system, root) if not e.reason and _is_archive(e.name))
        return list(islice(found, number))


def list_untaken(url: str, watch: LandingWatch, taken: Set[str], now: datetime) -> Listing:
    """What a source holds, without what was taken, if it is a folder on this machine.

    Args:
        url: The source.
        watch: What is remembered of the folder.
        taken: Paths of archives that are left out, with their sidecars.
        now: Current time, UTC.

    Raises:
        SourceUnreachable: The source cannot be listed.
    """
    with _connection(url) as (system, root):
        if isinstance(system, LocalFileSystem):
            found = list(map(_with_short_name, watch.entries(root, taken, now)))
        else:
            found = list(_entries(system, root))
    return _listing(found)


def _listing(found: Sequence[Entry]) -> Listing:
    regular = {each.name for each in found if not each.reason}
    archives = [
        _source_file(each, regular) for each in found if not each.reason and _is_archive(each.name)
    ]
    refused = [
        RefusedEntry(storable(each.name, LONGEST_NAME_BYTES), each.reason, storable(each.detail))
        for each in found
        if each.reason and (each.name.endswith("/") or _is_archive(each.name.removesuffix(SIDECAR)))
    ]
    strange = [each for each in found if not each.reason and _is_strange(each.name)]
    refused += map(_refused_strange, strange[:MOST_STRANGE])
    return Listing(
        tuple(sorted(archives, key=lambda each: (each.modified_at, each.name))),
        tuple(sorted(refused, key=lambda each: each.name)),
    )


def read_file(url: str, path: str, limit: int | None = None) -> bytes:
    """Content of one file at a source.

    Args:
        url: The source.
        path: Path of the file below the source's root.
        limit: Bytes to read at most; None for all.

    Raises:
        ArchiveRefused: This file cannot be read, or no longer exists; the source itself answers.
        SourceUnreachable: The source does not answer.
    """
    with _connection(url) as (system, root):
        if isinstance(system, LocalFileSystem):
            return landing_folder.read(root, path, limit)
        try:
            content = _read(system, f"{root.rstrip('/')}/{path}", limit)
        except (FileNotFoundError, PermissionError) as error:
            system.info(root)  # raises when it is the source that cannot be read
            reason = "gone" if isinstance(error, FileNotFoundError) else "no_permission"
            raise ArchiveRefused(reason, f"{path}: {error}") from error
    return content


def reads_in_parallel(url: str) -> bool:
    """Whether threads may read files of a source at once: a connection of SFTP is for one only.

    Raises:
        SourceUnreachable: The source does not answer.
    """
    with _connection(url) as (system, _):
        return isinstance(system, LocalFileSystem) or bool(system.async_impl)


def _read(system: fsspec.AbstractFileSystem, path: str, limit: int | None) -> bytes:
    """The whole file, or its first bytes: an object store refuses a range of an empty file."""
    if limit is None:
        whole: bytes = system.cat_file(path)
        return whole
    if not system.info(path)["size"]:
        return b""
    beginning: bytes = system.cat_file(path, start=0, end=limit)
    return beginning


DRIVER_ERRORS = (("paramiko", "SSHException"), ("botocore.exceptions", "BotoCoreError"))
"""Errors of the drivers that are no OSError, with the module that defines each."""


@contextmanager
def _connection(url: str) -> Iterator[tuple[fsspec.AbstractFileSystem, str]]:
    """File system and root of a source; any error of the source becomes SourceUnreachable.

    fsspec caches connections. After an error the cache is cleared, so that the next call connects
    again to a server that was away.
    """
    kind: type[fsspec.AbstractFileSystem] = fsspec.AbstractFileSystem
    try:
        system, root = fsspec.core.url_to_fs(url)
        kind = type(system)
        yield system, root
    except Exception as error:
        if isinstance(error, Refused):
            raise
        kind.clear_instance_cache()
        if not isinstance(error, (OSError, ValueError, ImportError, EOFError, *_driver_errors())):
            raise
        gone = isinstance(error, FileNotFoundError)
        problem = "no such folder or file" if gone else type(error).__name__
        place, detail = masking.mask_url(url), masking.mask(str(error), {"url": url})
        raise SourceUnreachable(f"{place}: {problem}: {detail}") from error


def _driver_errors() -> list[type[Exception]]:
    loaded = ((sys.modules.get(module), name) for module, name in DRIVER_ERRORS)
    return [getattr(module, name) for module, name in loaded if module]


def _entries(system: fsspec.AbstractFileSystem, root: str) -> Iterator[Entry]:
    """Entries below a source's root, those with too long a name refused."""
    local = isinstance(system, LocalFileSystem)
    entries = landing_folder.entries(root) if local else _remote_entries(system, root)
    return map(_with_short_name, entries)


def _with_short_name(entry: Entry) -> Entry:
    """The entry, refused when its name is too long."""
    size = len(entry.name.encode("utf-8", "surrogateescape"))
    if size <= LONGEST_NAME_BYTES:
        return entry
    detail = f"{entry.name}: name of {size:,} bytes, limit {LONGEST_NAME_BYTES:,}"
    return entry._replace(reason="name_too_long", detail=detail)


def _remote_entries(system: fsspec.AbstractFileSystem, root: str) -> Iterator[Entry]:
    system.invalidate_cache()
    system.info(root)  # raises when the root is unreachable, which find ignores
    found: dict[str, dict[str, Any]] = system.find(root, detail=True)
    for path, info in found.items():
        name = path[len(root.rstrip("/")) :].lstrip("/")
        modified = info.get("mtime") or info.get("LastModified") or info.get("created")
        entry = Entry(name, int(info["size"] or 0), _seconds(modified))
        kind = info.get("type", "file")
        detail = f"{name} is a {kind}: only regular files below the source are taken"
        yield entry if kind == "file" else entry._replace(reason=kind, detail=detail)


def _is_archive(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() == ".zip" and not _is_hidden(name)


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") for part in PurePosixPath(name).parts)


def _is_strange(name: str) -> bool:
    """Whether a file is neither an archive nor the digest of one."""
    return not (_is_archive(name) or _is_hidden(name) or name.endswith(SIDECAR))


def _refused_strange(entry: Entry) -> RefusedEntry:
    name, size = storable(entry.name, LONGEST_NAME_BYTES), f"{entry.size_bytes:,} bytes"
    if entry.name.lower().endswith(UNFINISHED):
        return RefusedEntry(name, "unfinished_upload", f"{name}: never finished, {size}")
    detail = f"{name}: not named .zip, {size}; recordings arrive in zip archives"
    return RefusedEntry(name, "not_an_archive", detail)


def _source_file(entry: Entry, regular: set[str]) -> SourceFile:
    sidecar, name = entry.name + SIDECAR, storable(entry.name)
    return SourceFile(
        name,
        entry.size_bytes,
        _utc(entry.modified_s),
        sidecar if sidecar in regular else None,
        entry.name if entry.name != name else "",
    )


def _seconds(modified: object) -> float:
    if isinstance(modified, datetime):
        return (modified if modified.tzinfo else modified.replace(tzinfo=UTC)).timestamp()
    if isinstance(modified, int | float):
        return modified
    raise ValueError("the source gives no modification time")


def _utc(seconds: float) -> datetime:
    try:
        return min(datetime.fromtimestamp(seconds, UTC), LAST_TIME)
    except (ValueError, OverflowError, OSError):
        return LAST_TIME if seconds > 0 else FIRST_TIME
