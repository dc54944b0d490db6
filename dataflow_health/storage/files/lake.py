"""The lake: the output files of all stages under one URL.

A file is written under a temporary name, synced and renamed, so a reader sees all of it or none of
it; an object store shows an object when its upload ends. Folders are Hive-style: ``name=value``.
"""

import contextlib
import errno
import hashlib
import os
import re
import stat
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

import pyarrow as pa
import pyarrow.fs as pafs

from dataflow_health import masking
from dataflow_health.errors import StorageError
from dataflow_health.storage.files import stores, unfinished_uploads, uploads

_CHUNK_BYTES = 8 << 20
"""Bytes of a file that are in memory while it is copied: one request to an object store each."""

_SAFE = re.compile(r"[^A-Za-z0-9_.-]")


def partition_path(**values: str) -> str:
    """Hive-style folders in the given order: ``arrival_day=2026-11-20/tail=HB-ZAA``."""
    return "/".join(f"{name}={_SAFE.sub('_', value)}" for name, value in values.items())


def sha256(content: bytes | memoryview) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def file_sha256(path: Path) -> str:
    """SHA-256 of a local file in hexadecimal, read in pieces.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class Lake:
    """Files by their path relative to a URL.

    Attributes:
        url: Root of the lake: ``file:///...``, ``s3://...`` or ``hdfs://...``.
    """

    url: str

    def path(self, relative: str) -> str:
        """URL of a file or folder, for Spark."""
        root, mark, query = self.url.partition("?")
        return f"{root.rstrip('/')}/{_path_inside(relative)}{mark}{query}"

    @property
    def local(self) -> Path | None:
        """Root folder of the lake; None when it is not on this machine's disks."""
        return Path(self.url.removeprefix("file://")) if self.url.startswith("file://") else None

    def write(self, relative: str, content: bytes | memoryview) -> str:
        """Writes a file durably and returns its SHA-256.

        Raises:
            StorageError: The disk is full, permission is denied or the store does not answer.
        """
        [digest] = self._write({relative: content})
        return digest

    def write_together(self, folder: str, files: Mapping[str, bytes | memoryview]) -> Sequence[str]:
        """Writes the files of a folder durably, with one sync of their names.

        Args:
            folder: Path of the folder in the lake.
            files: Content by name.

        Returns:
            SHA-256 of each file.

        Raises:
            StorageError: The disk is full, permission is denied or the store does not answer.
        """
        return self._write({f"{folder}/{name}": content for name, content in files.items()})

    def _write(self, files: Mapping[str, bytes | memoryview]) -> Sequence[str]:
        """Writes files of one folder, by path."""
        for relative, content in files.items():
            with _translate_errors(self.path(relative)):
                self._put(relative, content)
        if self.local is not None:
            with _translate_errors(self.path(relative)):
                sync_folder((self.local / _path_inside(relative)).parent)
        return [sha256(content) for content in files.values()]

    def _put(self, relative: str, content: bytes | memoryview) -> None:
        if self.local is not None:
            _write_synced(self.local / _path_inside(relative), content)
        else:
            uploads.write_whole(self.url, _path_inside(relative), pa.py_buffer(content))

    def stage(self, relative: str, content: bytes | memoryview) -> "StagedFile":
        """Writes a file durably that :meth:`publish` gives its name, with others at once.

        An object store shows it at once.

        Raises:
            StorageError: The disk is full, permission is denied or the store does not answer.
        """
        if self.local is None:
            self.write(relative, content)
            return StagedFile(relative, None)
        with _translate_errors(self.path(relative)):
            return StagedFile(relative, _write_part(self.local / _path_inside(relative), content))

    def publish(self, files: Sequence["StagedFile"]) -> None:
        """Gives files their names, durably; each folder is synced once.

        Args:
            files: What :meth:`stage` returned; files of the same name are replaced.

        Raises:
            StorageError: A file cannot be renamed.
        """
        if self.local is None:
            return
        folders: dict[Path, None] = {}
        for each in files:
            with _translate_errors(self.path(each.relative)):
                target = self.local / _path_inside(each.relative)
                if each.part is not None:
                    each.part.replace(target)
                    folders[target.parent] = None
        for folder in folders:
            with _translate_errors(folder.as_uri()):
                sync_folder(folder)

    def discard(self, files: Sequence["StagedFile"]) -> None:
        """Removes files that were written and not published."""
        for each in files:
            if each.part is not None:
                with contextlib.suppress(OSError):
                    each.part.unlink(missing_ok=True)

    def read(self, relative: str) -> bytes:
        """Content of a file.

        Raises:
            StorageError: The file does not exist or cannot be read.
        """
        with _translate_errors(self.path(relative)):
            if self.local is not None:
                return (self.local / _path_inside(relative)).read_bytes()
            system, root = stores.connect(self.url)
            # As a stream, an object would be read by a request for each quarter of a megabyte.
            with system.open_input_file(f"{root}/{_path_inside(relative)}") as file:
                return stores.read(file)

    def exists(self, relative: str) -> bool:
        """Whether a file or folder exists.

        Raises:
            StorageError: The store does not answer.
        """
        return bool(self._type(relative) != pafs.FileType.NotFound)

    def is_file(self, relative: str) -> bool:
        """Whether a regular file exists.

        Raises:
            StorageError: The store does not answer.
        """
        return bool(self._type(relative) == pafs.FileType.File)

    def _type(self, relative: str) -> pafs.FileType:
        with _translate_errors(self.path(relative)):
            if self.local is not None:
                system, path = pafs.LocalFileSystem(), str(self.local / _path_inside(relative))
            else:
                system, root = stores.connect(self.url)
                path = f"{root}/{_path_inside(relative)}"
            return system.get_file_info(path).type

    def is_empty(self) -> bool:
        """Whether nothing but hidden files is in the lake, as when its disk is not mounted.

        Raises:
            StorageError: The store does not answer.
        """
        with _translate_errors(self.url):
            system, root = stores.connect(self.url)
            found = system.get_file_info(pafs.FileSelector(root, allow_not_found=True))
            return all(each.base_name.startswith(".") for each in found)

    def files(
        self, relative: str, suffix: str = "", changed_by: datetime | None = None
    ) -> list[str]:
        """Paths of all files below a folder, relative to the lake and sorted, without hidden ones.

        Args:
            relative: The folder.
            suffix: Only names that end with it.
            changed_by: Only files that were not changed after it.

        Raises:
            StorageError: The store does not answer.
        """
        found = self._list(relative, pafs.FileType.File, recursive=True)
        return sorted(
            path
            for path, changed_at in found
            if path.endswith(suffix) and (changed_by is None or changed_at <= changed_by)
        )

    def folders(self, relative: str) -> list[str]:
        """Paths of the folders in a folder, relative to the lake and sorted, without hidden ones.

        Raises:
            StorageError: The store does not answer.
        """
        found = self._list(relative, pafs.FileType.Directory, recursive=False)
        return sorted(path for path, _ in found)

    def _list(
        self, relative: str, kind: pafs.FileType, *, recursive: bool
    ) -> list[tuple[str, datetime]]:
        """Paths and times of the last change, without hidden ones."""
        found = self._list_all(relative, kind, recursive=recursive)
        return [(path, changed_at) for path, changed_at in found if "/." not in path]

    def _list_all(
        self, relative: str, kind: pafs.FileType, *, recursive: bool
    ) -> list[tuple[str, datetime]]:
        with _translate_errors(self.path(relative)):
            system, root = stores.connect(self.url)
            folder = f"{root}/{_path_inside(relative)}"
            selector = pafs.FileSelector(folder, recursive=recursive, allow_not_found=True)
            found = [each for each in system.get_file_info(selector) if each.type == kind]
        return [(each.path[len(root.rstrip("/")) + 1 :], each.mtime) for each in found]

    def unfinished_files(self, relative: str) -> list[str]:
        """Paths of the files below a folder that a writer has not finished or left behind, sorted.

        Of an object store also uploads in parts that nothing ended, with a name for each.

        Raises:
            StorageError: The store does not answer.
        """
        hidden = f".*{stores.PART}"
        with _translate_errors(self.path(relative)):
            if self.local is not None:
                found = (self.local / _path_inside(relative)).rglob(hidden)
                return sorted(str(each.relative_to(self.local)) for each in found)
            ended_by_none = unfinished_uploads.names(self.url, _path_inside(relative))
        files = self._list_all(relative, pafs.FileType.File, recursive=True)
        names = [path for path, _ in files if PurePosixPath(path).match(hidden)]
        return sorted([*names, *ended_by_none])

    def remove(self, relative: str) -> None:
        """Removes a file, or ends an upload; does nothing when it does not exist.

        Raises:
            StorageError: The file cannot be removed.
        """
        with _translate_errors(self.path(relative)):
            path = _path_inside(relative)
            if self.local is None and unfinished_uploads.end_named(self.url, path):
                return
        if self.is_file(relative):
            with _translate_errors(self.path(relative)):
                system, root = stores.connect(self.url)
                system.delete_file(f"{root}/{_path_inside(relative)}")

    @contextlib.contextmanager
    def local_copy(self, relative: str) -> Iterator[Path]:
        """A path on this machine with a file's content: the file itself, or a temporary copy.

        Raises:
            StorageError: The file does not exist or cannot be read.
        """
        if self.local is not None:
            with _translate_errors(self.path(relative)):
                file = self.local / _path_inside(relative)
                if not file.is_file():
                    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
            yield file
            return
        with tempfile.TemporaryDirectory(prefix="lake-") as folder:
            copy = Path(folder) / "copy"
            with _translate_errors(self.path(relative)):
                system, root = stores.connect(self.url)
                with (
                    system.open_input_file(f"{root}/{_path_inside(relative)}") as source,
                    copy.open("wb") as target,
                ):
                    while chunk := stores.read(source, _CHUNK_BYTES):
                        target.write(chunk)
            yield copy

    @contextlib.contextmanager
    def workplace(self, relative: str) -> Iterator[Path]:
        """A temporary folder for files that :meth:`adopt` takes; on the lake's disk if it has one.

        Args:
            relative: Folder of the lake in which the temporary one stands.

        Raises:
            StorageError: The folder cannot be created.
        """
        with _translate_errors(self.path(relative)):
            parent = None if self.local is None else self.local / _path_inside(relative)
            if parent is not None:
                parent.mkdir(parents=True, exist_ok=True)
            folder = tempfile.TemporaryDirectory(prefix="work-", dir=parent)
        with folder as name:
            yield Path(name)

    def adopt(self, file: Path, relative: str, *, durable: bool = True) -> None:
        """Moves a file of :meth:`workplace` into the lake; an existing one is replaced.

        Args:
            file: The file.
            relative: Its path in the lake.
            durable: Whether it outlives a power cut. One that does not has another digest then, or
                is gone, and its reader has it made again.

        Raises:
            StorageError: The file is no regular file, or cannot be moved.
        """
        with _translate_errors(self.path(relative)):
            descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW)
            with os.fdopen(descriptor, "rb") as source:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise StorageError(f"{file.name}: not a regular file")
                if self.local is not None:
                    target = self.local / _path_inside(relative)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    if durable:
                        os.fsync(descriptor)
                    file.replace(target)
                    if durable:
                        sync_folder(target.parent)
                    return
                uploads.write_stream(self.url, _path_inside(relative), source)

    def move(self, source: str, target: str) -> None:
        """Moves a file durably; an existing target is replaced.

        Raises:
            StorageError: The file does not exist or cannot be moved.
        """
        with _translate_errors(self.path(target)):
            if self.local is not None:
                sync_folder(self.local / _path_inside(source))
            system, root = stores.connect(self.url)
            stores.replace(
                system, f"{root}/{_path_inside(source)}", f"{root}/{_path_inside(target)}"
            )

    def remove_folder(self, relative: str) -> None:
        """Removes a folder with everything in it; does nothing when it does not exist.

        Raises:
            StorageError: The folder cannot be removed.
        """
        if self.exists(relative):
            with _translate_errors(self.path(relative)):
                system, root = stores.connect(self.url)
                system.delete_dir(f"{root}/{_path_inside(relative)}")


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A file that is written and has no name in the lake yet.

    Attributes:
        relative: Path that it gets.
        part: The file under its temporary name; None where it has its name already.
    """

    relative: str
    part: Path | None


def _path_inside(relative: str) -> str:
    pure = PurePosixPath(relative)
    if pure.is_absolute() or ".." in pure.parts or not pure.parts:
        raise StorageError(f"{relative!r} is not a path inside the lake")
    return str(pure)


def write_durably(target: Path, content: bytes | memoryview) -> None:
    """Writes a file beside the target, syncs it, renames it and syncs the folder.

    Raises:
        OSError: The file cannot be written.
    """
    _write_synced(target, content)
    sync_folder(target.parent)


def _write_synced(target: Path, content: bytes | memoryview) -> None:
    """As :func:`write_durably`, but a power cut may take the name."""
    part = _write_part(target, content)
    try:
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _write_part(target: Path, content: bytes | memoryview) -> Path:
    """Writes and syncs a file beside its target, under a temporary name."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.parent / f".{target.name}.{uuid.uuid4().hex[:8]}{stores.PART}"
    try:
        with part.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return part


def sync_folder(path: Path) -> None:
    """Has the names in a folder on the disk, so that they outlive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _translate_errors(url: str) -> Iterator[None]:
    """Turns errors of files, stores and URLs into StorageError; a store is then connected again."""
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        if not isinstance(error, FileNotFoundError):
            stores.connect.cache_clear()
        reason = str(getattr(error, "strerror", None) or error).strip() or type(error).__name__
        place, detail = masking.mask_url(url), masking.mask(reason.splitlines()[0])
        advice = stores.advice(reason)
        raise StorageError(f"{place}: {detail}{advice and f'; {advice}'}") from error
