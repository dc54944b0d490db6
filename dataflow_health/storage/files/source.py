"""The source of archives: a folder, ``s3://`` or ``sftp://``, read through fsspec."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

import fsspec
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from dataflow_health.errors import SourceUnreachable

SIDECAR = ".sha256"
UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload", ".partial")
"""Suffixes that upload tools give to a file while they write it."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One archive at the source.

    Attributes:
        name: Path below the source's root.
        size_bytes: Size when it was listed.
        modified_at: Time of the last modification, UTC.
        sidecar: Name of its ``.sha256`` file; None when there is none.
    """

    name: str
    size_bytes: int
    modified_at: datetime
    sidecar: str | None


def mask_password(url: str) -> str:
    """The URL with its password masked."""
    try:
        return make_url(url).render_as_string(hide_password=True) if "@" in url else url
    except ArgumentError:
        return url.split("@")[-1]


def list_archives(url: str) -> list[SourceFile]:
    """Zip archives at a source, oldest first, without unfinished uploads.

    Raises:
        SourceUnreachable: The source cannot be listed.
    """
    with _connection(url) as (system, root):
        system.invalidate_cache()
        system.info(root)  # raises when the root is unreachable, which find ignores
        entries: dict[str, dict[str, Any]] = system.find(root, detail=True)
        below = {path[len(root.rstrip("/")) :].lstrip("/"): i for path, i in entries.items()}
        found = [
            _source_file(name, info, below) for name, info in below.items() if _is_archive(name)
        ]
    return sorted(found, key=lambda each: (each.modified_at, each.name))


def read_file(url: str, name: str) -> bytes:
    """Content of one file at a source.

    Raises:
        SourceUnreachable: The file cannot be read, or no longer exists.
    """
    with _connection(url) as (system, root):
        content: bytes = system.cat_file(f"{root.rstrip('/')}/{name}")
    return content


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
        kind.clear_instance_cache()
        if not isinstance(error, (OSError, ValueError, ImportError, EOFError, *_driver_errors())):
            raise
        gone = isinstance(error, FileNotFoundError)
        problem = "no such folder or file" if gone else type(error).__name__
        raise SourceUnreachable(f"{mask_password(url)}: {problem}: {error}") from error


def _driver_errors() -> list[type[Exception]]:
    loaded = ((sys.modules.get(module), name) for module, name in DRIVER_ERRORS)
    return [getattr(module, name) for module, name in loaded if module]


def _is_archive(name: str) -> bool:
    pure = PurePosixPath(name)
    hidden = any(part.startswith(".") for part in pure.parts)
    return pure.suffix.lower() == ".zip" and not hidden


def _source_file(name: str, info: dict[str, Any], below: dict[str, Any]) -> SourceFile:
    sidecar = name + SIDECAR
    modified = info.get("mtime") or info.get("LastModified") or info.get("created")
    return SourceFile(
        name, int(info["size"]), _utc(modified), sidecar if sidecar in below else None
    )


def _utc(modified: object) -> datetime:
    if isinstance(modified, datetime):
        return modified.astimezone(UTC) if modified.tzinfo else modified.replace(tzinfo=UTC)
    if isinstance(modified, int | float):
        return datetime.fromtimestamp(modified, UTC)
    raise ValueError("the source gives no modification time")
