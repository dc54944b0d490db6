"""The lake: every stage's files under one URL, never half written.

A file is written under a temporary name, synced and renamed, so a reader sees all of it or none of
it. Object stores put whole objects anyway. Folders are Hive-style: ``name=value``.
"""

import contextlib
import hashlib
import os
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pyarrow.fs as pafs

from dataflow_health.errors import StorageError

_SAFE = re.compile(r"[^A-Za-z0-9_.-]")


def partition(**values: str) -> str:
    """Hive-style folders in the order given: ``arrival_day=2026-11-20/tail=HB-ZAA``."""
    return "/".join(f"{name}={_SAFE.sub('_', value)}" for name, value in values.items())


def sha256(content: bytes | memoryview) -> str:
    """Hex digest."""
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True, slots=True)
class Lake:
    """Files by path relative to ``url``.

    Attributes:
        url: ``file:///...``, ``s3://...``, ``hdfs://...``.
    """

    url: str

    def path(self, relative: str) -> str:
        """The URL of a file or folder, as Spark takes it."""
        return f"{self.url.rstrip('/')}/{_checked(relative)}"

    @property
    def local(self) -> Path | None:
        """The lake's root folder when it is on this machine, else None."""
        return Path(self.url.removeprefix("file://")) if self.url.startswith("file://") else None

    def write(self, relative: str, content: bytes | memoryview) -> str:
        """Writes one file whole and durable, and gives its SHA-256.

        Raises:
            StorageError: Disk full, no permission, or store away.
        """
        with _told(self.path(relative)):
            if self.local is not None:
                write_durably(self.local / _checked(relative), content)
            else:
                system, root = pafs.FileSystem.from_uri(self.url)
                with system.open_output_stream(f"{root}/{_checked(relative)}") as stream:
                    stream.write(content)
        return sha256(content)

    def read(self, relative: str) -> bytes:
        """Reads one file whole.

        Raises:
            StorageError: It is not there or cannot be read.
        """
        with _told(self.path(relative)):
            if self.local is not None:
                return (self.local / _checked(relative)).read_bytes()
            system, root = pafs.FileSystem.from_uri(self.url)
            with system.open_input_stream(f"{root}/{_checked(relative)}") as stream:
                content: bytes = stream.read()
                return content

    def exists(self, relative: str) -> bool:
        """Whether there is such a file or folder."""
        with _told(self.path(relative)):
            if self.local is not None:
                return (self.local / _checked(relative)).exists()
            system, root = pafs.FileSystem.from_uri(self.url)
            info = system.get_file_info(f"{root}/{_checked(relative)}")
            return bool(info.type != pafs.FileType.NotFound)

    def files(self, relative: str, suffix: str = "") -> list[str]:
        """Files below a folder, sorted, as paths relative to the lake; hidden ones left out."""
        with _told(self.path(relative)):
            system, root = pafs.FileSystem.from_uri(self.url)
            selector = pafs.FileSelector(
                f"{root}/{_checked(relative)}", recursive=True, allow_not_found=True
            )
            found = [i.path for i in system.get_file_info(selector) if i.type == pafs.FileType.File]
        inside = (path[len(root.rstrip("/")) + 1 :] for path in found)
        return sorted(p for p in inside if p.endswith(suffix) and "/." not in p)

    def move(self, source: str, target: str) -> None:
        """Renames a file, made durable, over another."""
        with _told(self.path(target)):
            if self.local is not None:
                _sync(self.local / _checked(source))
            system, root = pafs.FileSystem.from_uri(self.url)
            system.create_dir(str(PurePosixPath(f"{root}/{_checked(target)}").parent))
            system.move(f"{root}/{_checked(source)}", f"{root}/{_checked(target)}")

    def remove_folder(self, relative: str) -> None:
        """Removes a folder and all below it; nothing happens when it is not there."""
        if self.exists(relative):
            with _told(self.path(relative)):
                system, root = pafs.FileSystem.from_uri(self.url)
                system.delete_dir(f"{root}/{_checked(relative)}")


def _checked(relative: str) -> str:
    pure = PurePosixPath(relative)
    if pure.is_absolute() or ".." in pure.parts or not pure.parts:
        raise StorageError(f"{relative!r} is not a path inside the lake")
    return str(pure)


def write_durably(target: Path, content: bytes | memoryview) -> None:
    """Writes beside, syncs, renames, and syncs the folder."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.parent / f".{target.name}.{uuid.uuid4().hex[:8]}.part"
    try:
        with part.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    _sync(target.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _told(place: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(f"{place}: {error.strerror or error}") from error
