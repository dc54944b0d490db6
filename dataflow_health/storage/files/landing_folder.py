"""A landing folder on this machine, whose entries are not trusted.

Only regular files below the folder are opened. Links are not followed, neither in the last part of
a path nor in a folder before it, and opening never waits for a writer, as that of a FIFO would.
"""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import NamedTuple

from dataflow_health.errors import ArchiveRefused

_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

_OF_THE_ENTRY = {
    errno.ENOENT: "gone",
    errno.EACCES: "no_permission",
    errno.EPERM: "no_permission",
    errno.ELOOP: "link",
    errno.ENOTDIR: "link",
    errno.ENXIO: "socket",
    errno.ENAMETOOLONG: "name_too_long",
    errno.EIO: "unreadable",
}
"""Reason code of each error that one entry causes; all others concern the folder."""

_KINDS = {
    stat.S_IFDIR: "folder",
    stat.S_IFLNK: "link",
    stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "device",
    stat.S_IFBLK: "device",
}
"""Reason code of each type of entry that is no regular file."""


class Entry(NamedTuple):
    """One entry below a landing folder.

    Attributes:
        name: Path below the folder.
        size_bytes: Size of the entry itself.
        modified_s: Modification time of the entry itself, seconds since 1970.
        reason: Reason code why it cannot be taken; empty for a regular file.
        detail: Explanation of the reason.
    """

    name: str
    size_bytes: int = 0
    modified_s: float = 0
    reason: str = ""
    detail: str = ""


def entries(root: str) -> Iterator[Entry]:
    """All files below a folder, and all folders that cannot be read, without hidden ones.

    Args:
        root: The folder; it may be a link itself.

    Raises:
        OSError: The folder itself cannot be read.
    """
    folders = [""]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(os.path.join(root, folder)) as found:  # noqa: PTH118 (not UTF-8)
                listed = sorted(found, key=lambda each: each.name)
        except OSError as error:
            if not folder:
                raise
            yield refused_folder(folder, error)
            continue
        for each in listed:
            name = f"{folder}/{each.name}" if folder else each.name
            if each.name.startswith("."):
                continue
            if each.is_dir(follow_symlinks=False):
                folders.append(name)
            yield from entry(name, each.path)


def read(root: str, name: str, limit: int | None = None) -> bytes:
    """Content of one regular file below a folder.

    Args:
        root: The folder; it may be a link itself.
        name: Path of the file below it.
        limit: Bytes to read at most; None for all.

    Raises:
        ArchiveRefused: The entry is no regular file, is gone, or cannot be opened.
        OSError: The folder itself cannot be read.
    """
    descriptor = _open(root, name)
    kind = stat.S_IFMT(os.fstat(descriptor).st_mode)
    if kind != stat.S_IFREG:
        os.close(descriptor)
        raise ArchiveRefused(*wrong_kind(name, kind))
    with os.fdopen(descriptor, "rb") as stream:
        try:
            return stream.read() if limit is None else stream.read(limit)
        except OSError as error:
            raise _refusal(name, error) from error


def _open(root: str, name: str) -> int:
    """Descriptor of an entry, opened folder by folder, so that no part of its path is a link."""
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        *parents, last = PurePosixPath(name).parts
        for part in parents:
            above, folder = folder, os.open(part, _FOLDER_FLAGS, dir_fd=folder)
            os.close(above)
        return os.open(last, _FILE_FLAGS, dir_fd=folder)
    except OSError as error:
        raise _refusal(name, error) from error
    finally:
        os.close(folder)


def entry(name: str, path: str) -> Iterator[Entry]:
    """One entry; none when it has gone since it was listed.

    Args:
        name: Path below the folder.
        path: Its whole path.
    """
    try:
        status = os.lstat(path)
    except OSError as error:
        if error.errno != errno.ENOENT:
            yield Entry(name, reason="unreadable", detail=f"{name}: {error.strerror}")
        return
    reason, detail = "", ""
    kind = stat.S_IFMT(status.st_mode)
    if kind != stat.S_IFREG:
        reason, detail = wrong_kind(name, kind)
    elif not os.access(path, os.R_OK):
        reason, detail = "no_permission", f"{name}: no permission to read the file"
    yield Entry(name, status.st_size, status.st_mtime, reason, detail)


def wrong_kind(name: str, kind: int) -> tuple[str, str]:
    """Reason code and explanation of an entry that is no regular file."""
    reason = _KINDS.get(kind, "device")
    return reason, f"{name} is a {reason}: only regular files below the source are taken"


def refused_folder(name: str, error: OSError) -> Entry:
    """The entry of a folder that cannot be listed."""
    reason = _OF_THE_ENTRY.get(error.errno or 0, "unreadable")
    return Entry(f"{name}/", reason=reason, detail=f"{name}/: {error.strerror}, nothing of it seen")


def _refusal(name: str, error: OSError) -> Exception:
    """The refusal of an entry; the error itself when it concerns more than the entry."""
    reason = _OF_THE_ENTRY.get(error.errno or 0)
    return ArchiveRefused(reason, f"{name}: {error.strerror}") if reason else error
