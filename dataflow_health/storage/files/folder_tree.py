"""Folders of a source, on this machine or a server of SFTP: their times, names and files."""

import os
import stat
from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

from dataflow_health.storage.files import folder_events, landing_folder
from dataflow_health.storage.files.folder_events import FolderEvents
from dataflow_health.storage.files.landing_folder import Entry


class Name(NamedTuple):
    """One name in a folder.

    Attributes:
        name: The name.
        mode: Type and permissions, as of ``stat``; 0 when they cannot be read.
        size_bytes: Size.
        modified_s: Modification time, seconds since 1970.
    """

    name: str
    mode: int
    size_bytes: int
    modified_s: float


class FolderTree(Protocol):
    """Folders below one root, named by their path below it; the root is the empty name."""

    is_quick: bool
    """Whether a look at a file costs microseconds."""

    def identity(self) -> object:
        """Which folder the uppermost one is; another one when a disk was mounted there.

        Raises:
            OSError: It cannot be read.
        """
        ...

    def changed_ns(self, folder: str) -> int:
        """Time of the last change of a folder's names; its unit may be as coarse as seconds.

        Raises:
            OSError: The folder cannot be read.
        """
        ...

    def names(self, folder: str) -> Iterator[Name]:
        """Names in a folder, read as they are asked for.

        Raises:
            OSError: The folder cannot be read.
        """
        ...

    def look(self, path: str) -> Iterator[Entry]:
        """The entry of a path; none when it is gone."""
        ...

    def events(self) -> FolderEvents | None:
        """Events of the folders; None when changes show only in their times."""
        ...

    def path(self, folder: str) -> str:
        """Whole path of a folder."""
        ...


def join(folder: str, name: str) -> str:
    """Path of a name in a folder, below the root."""
    return f"{folder}/{name}" if folder else name


def entries(tree: FolderTree) -> Iterator[Entry]:
    """All entries but folders; of those that are no regular files, with the reason.

    Raises:
        OSError: A folder cannot be read.
    """
    folders = [""]
    while folders:
        folder = folders.pop()
        for name, mode, size_bytes, modified_s in tree.names(folder):
            path = join(folder, name)
            if stat.S_ISDIR(mode):
                folders.append(path)
            else:
                yield _entry(path, mode, size_bytes, modified_s)


def _entry(path: str, mode: int, size_bytes: int, modified_s: float) -> Entry:
    kind = stat.S_IFMT(mode)
    is_regular = kind == stat.S_IFREG
    reason, detail = ("", "") if is_regular else landing_folder.wrong_kind(path, kind)
    return Entry(path, size_bytes, modified_s, reason, detail)


class LocalTree:
    """Folders on this machine."""

    is_quick = True

    def __init__(self, root: str) -> None:
        """A tree.

        Args:
            root: The uppermost folder; it may be a link itself.
        """
        self._root = root

    def path(self, folder: str) -> str:
        """Whole path of a folder."""
        return os.path.join(self._root, folder)  # noqa: PTH118 (not UTF-8)

    def identity(self) -> object:
        """Device and inode of the uppermost folder."""
        status = os.stat(self._root)  # noqa: PTH116 (not UTF-8)
        return status.st_dev, status.st_ino

    def changed_ns(self, folder: str) -> int:
        """Time of the last change of a folder's names."""
        return os.stat(self.path(folder)).st_mtime_ns  # noqa: PTH116 (not UTF-8)

    def names(self, folder: str) -> Iterator[Name]:
        """Names in a folder."""
        with os.scandir(self.path(folder)) as found:
            for each in found:
                try:
                    status = each.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                except OSError:
                    yield Name(each.name, 0, 0, 0)
                else:
                    yield Name(each.name, status.st_mode, status.st_size, status.st_mtime)

    def look(self, path: str) -> Iterator[Entry]:
        """The entry of a path; none when it is gone."""
        return landing_folder.entry(path, self.path(path))

    def events(self) -> FolderEvents | None:
        """Events of the kernel, on a file system of this machine's own."""
        return folder_events.connect(self._root)


class SftpTree:
    """Folders on a server of SFTP."""

    is_quick = False

    def __init__(self, client: Any, root: str) -> None:  # noqa: ANN401  (paramiko has no types)
        """A tree.

        Args:
            client: Paramiko's client of SFTP.
            root: The uppermost folder.
        """
        self._client = client
        self._root = root.rstrip("/")

    def path(self, folder: str) -> str:
        """Whole path of a folder."""
        return join(self._root, folder) if folder else self._root or "/"

    def identity(self) -> object:
        """The uppermost folder's path: a server says no more."""
        self._client.stat(self._root or "/")
        return self._root

    def changed_ns(self, folder: str) -> int:
        """Time of the last change of a folder's names, in whole seconds."""
        return int((self._client.stat(self.path(folder)).st_mtime or 0) * 1e9)

    def names(self, folder: str) -> Iterator[Name]:
        """Names in a folder, a hundred or so in each answer of the server."""
        for each in self._client.listdir_iter(self.path(folder)):
            yield Name(each.filename, each.st_mode or 0, each.st_size or 0, each.st_mtime or 0)

    def look(self, path: str) -> Iterator[Entry]:
        """The entry of a path; none when it is gone."""
        try:
            found = self._client.lstat(self.path(path))
        except FileNotFoundError:
            return
        yield _entry(path, found.st_mode or 0, found.st_size or 0, found.st_mtime or 0)

    def events(self) -> FolderEvents | None:
        """None: the protocol has no events."""
        return None
