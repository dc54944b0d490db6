"""Names of what changes in folders, by the kernel of Linux (inotify).

A change by another machine, on a file system that is shared over the network, makes no event here;
so events are read only where the file system is this machine's own.
"""

import sys
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import psutil

if TYPE_CHECKING:
    pass

OWN_FILE_SYSTEMS = frozenset({
    "bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "jfs", "overlay", "tmpfs", "xfs", "zfs",
})  # fmt: skip
"""Types that only this machine writes to."""


class ChangedName(NamedTuple):
    """One change in a folder.

    Attributes:
        folder: The folder, as it was given to :meth:`FolderEvents.add`.
        name: Name in it.
        is_folder: Whether a folder came or went.
    """

    folder: str
    name: str
    is_folder: bool


class EventsLost(Exception):
    """The kernel dropped events, or a folder was moved: paths are no longer known."""


class FolderEvents:
    """Events of some folders."""

    def __init__(self) -> None:
        """Connects to the kernel.

        Raises:
            OSError: The limit of the user is reached.
            ImportError: This is no Linux.
        """
        from inotify_simple import INotify, flags

        self._kernel: INotify = INotify(nonblocking=True)
        weakref.finalize(self, self._kernel.close)
        self._folders: dict[int, str] = {}
        self._mask = (
            flags.CREATE | flags.CLOSE_WRITE | flags.MOVED_TO | flags.MOVED_FROM | flags.ATTRIB
            | flags.ONLYDIR
        )  # fmt: skip
        self._lost = flags.Q_OVERFLOW | flags.UNMOUNT
        self._moved_folder = flags.MOVED_FROM | flags.ISDIR
        self._gone, self._is_folder = flags.IGNORED, flags.ISDIR

    def add(self, folder: str, path: str) -> None:
        """Watches a folder, before it is listed.

        Args:
            folder: Its name in events.
            path: Its path.

        Raises:
            OSError: It is gone, or there are too many watches.
        """
        self._folders[self._kernel.add_watch(path, self._mask)] = folder

    def read(self) -> Iterator[ChangedName]:
        """What changed since the last call.

        Raises:
            EventsLost: Not all changes are known.
        """
        for number, mask, _, name in self._kernel.read(timeout=0):
            if mask & self._lost or mask & self._moved_folder == self._moved_folder:
                raise EventsLost
            if mask & self._gone:
                self._folders.pop(number, None)
            elif name and number in self._folders:
                yield ChangedName(self._folders[number], name, bool(mask & self._is_folder))

    def close(self) -> None:
        """Ends all watches."""
        self._kernel.close()


def connect(path: str) -> FolderEvents | None:
    """Events for folders below a path; None where there are none, or not of all changes.

    Args:
        path: The uppermost folder.
    """
    if sys.platform != "linux" or _file_system(path) not in OWN_FILE_SYSTEMS:
        return None
    try:
        return FolderEvents()
    except (OSError, ImportError):
        return None


def _file_system(path: str) -> str:
    """Type of the file system that a path is on; empty when it is not known."""
    real = Path(path).resolve()
    mounted = {each.mountpoint: each.fstype for each in psutil.disk_partitions(all=True)}
    return next((mounted[str(at)] for at in (real, *real.parents) if str(at) in mounted), "")
