"""Names of archive members: the one that patterns search, and the path that the ledger keeps.

Members of one archive may have the same name. Each has a path of its own, so none replaces another,
and all are searched by the name that the archive gives them.
"""

import stat
import zipfile
from pathlib import PurePosixPath
from typing import NamedTuple

from dataflow_health.errors import ArchiveRefused
from dataflow_health.storage.sql.text import storable

LONGEST_NAME_BYTES = 1024
"""With the names of the archives around it. No pattern searches a longer one."""
_SHOWN_CHARACTERS = 200
"""Characters that are kept of a name that is too long."""


class MemberName(NamedTuple):
    """Name and path of a member; in a nested archive after those of that archive and ``!``.

    Attributes:
        name: Name that the archive gives it, which patterns search.
        path: Path that no other member of the outermost archive has.
    """

    name: str
    path: str


TOP = MemberName("", "")
"""The outermost archive."""


class MemberNames:
    """Paths of one archive and its nested archives that are taken."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}
        """Number of the last member that wanted each path."""

    def add(self, parent: MemberName, filename: str) -> MemberName:
        """Name and path of the next member: ``a.rdf``, then ``a.rdf#2`` for one of the same name.

        Args:
            parent: The archive that holds the member.
            filename: The member's name in its directory.
        """
        name, path = (
            f"{before}!{filename}" if parent is not TOP else filename for before in parent
        )
        if is_too_long(name):
            path = storable(path, _SHOWN_CHARACTERS)
        unique = path
        while unique in self._taken:
            self._taken[path] += 1
            unique = f"{path}#{self._taken[path]}"
        self._taken[unique] = 1
        return MemberName(name, unique)


def is_too_long(name: str) -> bool:
    """Whether a name has more bytes than are searched and stored."""
    return len(name.encode("utf-8", "surrogatepass")) > LONGEST_NAME_BYTES


def check(member: MemberName, info: zipfile.ZipInfo) -> None:
    """Refuses a name that is unsafe: too long, empty, outside the archive, or that of a link.

    Raises:
        ArchiveRefused: The name is unsafe.
    """
    at, filename = info.header_offset, info.filename
    if is_too_long(member.name):
        detail = f"{member.path}: limit {LONGEST_NAME_BYTES:,} bytes"
        raise ArchiveRefused("name_too_long", detail, byte_offset=at)
    if not filename:
        raise ArchiveRefused("no_name", "a member without a name", byte_offset=at)
    pure = PurePosixPath(filename.replace("\\", "/"))
    if pure.is_absolute() or ".." in pure.parts or ":" in filename[:3]:
        detail = f"{filename!r} points outside the archive"
        raise ArchiveRefused("path_escape", detail, byte_offset=at)
    if stat.S_ISLNK(info.external_attr >> 16):
        raise ArchiveRefused("symlink", f"{filename!r} is a symbolic link", byte_offset=at)
