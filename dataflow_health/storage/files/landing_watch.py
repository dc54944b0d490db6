"""A landing folder that is listed again and again, at a cost that follows what changed.

A folder whose modification time is the same has the same entries, so only those that were not taken
are looked at again. That misses a taken file that is written again in place, and a file system that
keeps no times of folders; so everything is looked at again now and then.
"""

import os
from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from dataflow_health.storage.files import landing_folder
from dataflow_health.storage.files.landing_folder import Entry

COARSEST_TIME = timedelta(seconds=3)
"""Longer than the unit of any file system's times: a second change in one unit changes no time."""


@dataclass(slots=True)
class _Folder:
    """One folder as it was listed.

    Attributes:
        modified_ns: Its modification time.
        first_seen_at: When it was first seen with that time, UTC.
        is_settled: Whether it was listed long enough after that.
        names: Names of its entries that are looked at again.
        folders: Names of the folders in it.
    """

    modified_ns: int
    first_seen_at: datetime
    is_settled: bool
    names: list[str]
    folders: list[str]


class LandingWatch:
    """What is remembered of one landing folder, for one thread."""

    def __init__(self) -> None:
        """Remembers nothing yet."""
        self._folders: dict[str, _Folder] = {}

    def forget(self) -> None:
        """Lists everything the next time."""
        self._folders = {}

    def entries(self, root: str, taken: Set[str], now: datetime) -> Iterator[Entry]:
        """Entries below the folder as :func:`landing_folder.entries`, but those taken.

        Args:
            root: The folder; it may be a link itself.
            taken: Paths below the folder that are not looked at.
            now: Current time, UTC.

        Raises:
            OSError: The folder itself cannot be read.
        """
        before, self._folders = self._folders, {}
        folders = [""]
        while folders:
            folder = folders.pop()
            try:
                listed = _list(os.path.join(root, folder), folder, before.get(folder), taken, now)  # noqa: PTH118 (not UTF-8)
            except OSError as error:
                if not folder:
                    raise
                yield landing_folder.refused_folder(folder, error)
                continue
            self._folders[folder] = listed
            folders += (_join(folder, name) for name in listed.folders)
            for name in listed.names:
                path = _join(folder, name)
                if path not in taken:
                    yield from landing_folder.entry(path, os.path.join(root, path))  # noqa: PTH118 (not UTF-8)


def _list(
    path: str, folder: str, before: _Folder | None, taken: Set[str], now: datetime
) -> _Folder:
    """A folder, listed unless it is as it was."""
    modified_ns = os.stat(path).st_mtime_ns  # noqa: PTH116 (not UTF-8)
    first_seen_at = now
    if before and before.modified_ns == modified_ns and before.first_seen_at <= now:
        if before.is_settled:
            return before
        first_seen_at = before.first_seen_at
    with os.scandir(path) as found:
        shown = sorted((each for each in found if not each.name.startswith(".")), key=_name)
    is_settled = now - first_seen_at >= COARSEST_TIME
    names = [each.name for each in shown if _join(folder, each.name) not in taken]
    folders = [each.name for each in shown if each.is_dir(follow_symlinks=False)]
    return _Folder(modified_ns, first_seen_at, is_settled, names, folders)


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
