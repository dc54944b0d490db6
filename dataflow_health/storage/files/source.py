"""The source of archives: a folder, ``s3://`` or ``sftp://``, read through fsspec.

What is named as an archive and is none, such as a link, is a refused entry and stops no other.
"""

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from dataflow_health import masking
from dataflow_health.errors import ArchiveRefused, Refused, SourceUnreachable
from dataflow_health.storage.files import folder_tree, landing_folder, source_names
from dataflow_health.storage.files.folder_tree import LocalTree, SftpTree
from dataflow_health.storage.files.folder_watch import FolderWatch
from dataflow_health.storage.files.key_watch import KeyWatch, ObjectStore
from dataflow_health.storage.files.landing_folder import Entry
from dataflow_health.storage.files.source_names import MOST_STRANGE, SIDECAR
from dataflow_health.storage.sql.text import storable

LONGEST_NAME_BYTES = 1024
"""Names are keys of the ledger, and patterns search them."""
LOOKING_THREADS = 16
"""Requests to object storage at the same time."""
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
    """Paths of some archives at a source, which is listed no further.

    Args:
        url: The source.
        number: Number of archives at most.

    Raises:
        SourceUnreachable: The source cannot be listed.
    """
    with _connection(url) as (system, root):
        found = (
            e.name
            for e in _entries(system, root)
            if not e.reason and source_names.is_archive(e.name)
        )
        return list(islice(found, number))


Untaken = Callable[[Sequence[SourceFile]], Collection[str]]
"""Selects the paths of the files that were not taken as they are."""


class Watch:
    """A source that is listed again and again, at a cost that follows what is new; one thread."""

    def __init__(self, url: str, waiting: Iterable[str] = ()) -> None:
        """Lists nothing yet.

        Args:
            url: The source.
            waiting: Names that were at the source and not taken when it was last listed.
        """
        self._url = url
        self._waiting = list(waiting)
        self._watch: FolderWatch | KeyWatch | None = None

    def list_new(self, untaken: Untaken, now: datetime, *, whole: bool = False) -> Listing:
        """What a source holds and was not taken, as far as it is known now.

        A kind of source that can only be listed whole may also give what was taken.

        Args:
            untaken: Selects the archives that were not taken.
            now: Current time, UTC.
            whole: Compares everything at once; else a share each time.

        Raises:
            SourceUnreachable: The source cannot be listed; the next call begins anew.
        """

        def select(entries: Sequence[Entry]) -> Collection[str]:
            return untaken([_source_file(each, set()) for each in entries])

        try:
            with _connection(self._url) as (system, root):
                found = self._find(system, root, select, now, whole=whole)
        except BaseException:
            self.close()
            raise
        return _listing(list(map(_with_short_name, found)))

    def _find(
        self,
        system: fsspec.AbstractFileSystem,
        root: str,
        untaken: Callable[[Sequence[Entry]], Collection[str]],
        now: datetime,
        *,
        whole: bool,
    ) -> list[Entry]:
        if _kind(system) == "s3":
            keys = self._watch if isinstance(self._watch, KeyWatch) else KeyWatch()
            self._watch = keys
            return keys.find(ObjectStore(system, root), untaken, now, whole=whole)
        if _kind(system) not in ("file", "sftp"):
            return list(_entries(system, root))
        tree = LocalTree(root) if _kind(system) == "file" else SftpTree(system.ftp, root)
        folders = self._watch
        if not isinstance(folders, FolderWatch):
            folders = FolderWatch(self._waiting)
        self._watch = folders
        return folders.find(tree, untaken, now, whole=whole)

    def leave_out(self, taken: Iterable[SourceFile]) -> None:
        """Looks no more at files that were taken."""
        if self._watch:
            self._watch.leave_out([each.path for each in taken])

    def close(self) -> None:
        """Forgets everything."""
        if self._watch:
            self._watch.close()
        self._watch = None


def _kind(system: fsspec.AbstractFileSystem) -> str:
    """Name of a file system's kind."""
    protocol = system.protocol
    return str(protocol if isinstance(protocol, str) else protocol[0])


def look(url: str, names: Iterable[str]) -> Listing:
    """The archives with some names, with their sidecars, without listing anything else.

    Args:
        url: The source.
        names: Names below the source's root.

    Raises:
        SourceUnreachable: The source does not answer.
    """
    with _connection(url) as (system, root):
        look_at = _look_at(system, root)
        places = [place for name in names for place in (name, name + SIDECAR)]
        threads = LOOKING_THREADS if _kind(system) == "s3" else 1
        with ThreadPoolExecutor(threads) as pool:
            found = [
                each for entries in pool.map(lambda p: list(look_at(p)), places) for each in entries
            ]
    return _listing(list(map(_with_short_name, found)))


def _look_at(system: fsspec.AbstractFileSystem, root: str) -> Callable[[str], Iterable[Entry]]:
    """The function that gives the entry of a path below the root."""
    if _kind(system) == "file":
        return LocalTree(root).look
    if _kind(system) == "sftp":
        return SftpTree(system.ftp, root).look
    if _kind(system) == "s3":
        return ObjectStore(system, root).look
    found = {each.name: each for each in _entries(system, root)}
    return lambda path: [found[path]] if path in found else []


def _listing(found: Sequence[Entry]) -> Listing:
    regular = {each.name for each in found if not each.reason}
    archives = [
        _source_file(each, regular)
        for each in found
        if not each.reason and source_names.is_archive(each.name)
    ]
    refused = [
        RefusedEntry(storable(each.name, LONGEST_NAME_BYTES), each.reason, storable(each.detail))
        for each in found
        if each.reason
        and (each.name.endswith("/") or source_names.is_archive(each.name.removesuffix(SIDECAR)))
    ]
    strange = [each for each in found if not each.reason and source_names.is_strange(each.name)]
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
    kind = _kind(system)
    if kind == "file":
        entries = landing_folder.entries(root)
    elif kind == "sftp":
        entries = folder_tree.entries(SftpTree(system.ftp, root))
    elif kind == "s3":
        entries = ObjectStore(system, root).entries()
    else:
        entries = _found_entries(system, root)
    return map(_with_short_name, entries)


def _with_short_name(entry: Entry) -> Entry:
    """The entry, refused when its name is too long."""
    size = len(entry.name.encode("utf-8", "surrogateescape"))
    if size <= LONGEST_NAME_BYTES:
        return entry
    detail = f"{entry.name}: name of {size:,} bytes, limit {LONGEST_NAME_BYTES:,}"
    return entry._replace(reason="name_too_long", detail=detail)


def _found_entries(system: fsspec.AbstractFileSystem, root: str) -> Iterator[Entry]:
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


def _refused_strange(entry: Entry) -> RefusedEntry:
    name, size = storable(entry.name, LONGEST_NAME_BYTES), f"{entry.size_bytes:,} bytes"
    if entry.name.lower().endswith(source_names.UNFINISHED):
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
