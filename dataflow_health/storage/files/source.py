"""Where archives come from: a folder, ``s3://`` or ``sftp://``, by fsspec."""

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
"""Endings that upload tools give a file while they write it."""


@dataclass(frozen=True, slots=True)
class Offered:
    """One file at the source.

    Attributes:
        name: Path below the source's root.
        size_bytes: Its size when listed.
        modified_at: UTC, when it was last written.
        sidecar: Name of its ``.sha256`` file, when there is one.
    """

    name: str
    size_bytes: int
    modified_at: datetime
    sidecar: str | None


def masked(url: str) -> str:
    """The URL without its password."""
    try:
        return make_url(url).render_as_string(hide_password=True) if "@" in url else url
    except ArgumentError:
        return url.split("@")[-1]


def offers(url: str) -> list[Offered]:
    """Lists the zip archives at a source, oldest first; unfinished uploads are left out.

    Raises:
        SourceUnreachable: The source cannot be listed.
    """
    with _told(url) as (system, root):
        system.invalidate_cache()
        system.info(root)  # a walk passes over what it cannot list, even all of it
        entries: dict[str, dict[str, Any]] = system.find(root, detail=True)
        below = {path[len(root.rstrip("/")) :].lstrip("/"): i for path, i in entries.items()}
        found = [_offered(name, info, below) for name, info in below.items() if _is_archive(name)]
    return sorted(found, key=lambda offered: (offered.modified_at, offered.name))


def fetch(url: str, name: str) -> bytes:
    """Reads one file of a source whole.

    Raises:
        SourceUnreachable: It cannot be read (any more).
    """
    with _told(url) as (system, root):
        content: bytes = system.cat_file(f"{root.rstrip('/')}/{name}")
    return content


DRIVER_FAULTS = (("paramiko", "SSHException"), ("botocore.exceptions", "BotoCoreError"))
"""What drivers raise besides the errors of the operating system, by the module that has it."""


@contextmanager
def _told(url: str) -> Iterator[tuple[fsspec.AbstractFileSystem, str]]:
    """The source's file system and root; whatever goes wrong there is one error.

    fsspec keeps a connection for the next call. One that met a fault is given up, or a server that
    was away for a moment would be away for ever.
    """
    kind: type[fsspec.AbstractFileSystem] = fsspec.AbstractFileSystem
    try:
        system, root = fsspec.core.url_to_fs(url)
        kind = type(system)
        yield system, root
    except Exception as error:
        kind.clear_instance_cache()
        if not isinstance(error, (OSError, ValueError, ImportError, EOFError, *_driver_faults())):
            raise
        gone = isinstance(error, FileNotFoundError)
        told = "no such folder or file" if gone else type(error).__name__
        raise SourceUnreachable(f"{masked(url)}: {told}: {error}") from error


def _driver_faults() -> list[type[Exception]]:
    loaded = ((sys.modules.get(module), name) for module, name in DRIVER_FAULTS)
    return [getattr(module, name) for module, name in loaded if module]


def _is_archive(name: str) -> bool:
    pure = PurePosixPath(name)
    hidden = any(part.startswith(".") for part in pure.parts)
    return pure.suffix.lower() == ".zip" and not hidden


def _offered(name: str, info: dict[str, Any], below: dict[str, Any]) -> Offered:
    sidecar = name + SIDECAR
    modified = info.get("mtime") or info.get("LastModified") or info.get("created")
    return Offered(
        name, int(info["size"]), _instant(modified), sidecar if sidecar in below else None
    )


def _instant(modified: object) -> datetime:
    if isinstance(modified, datetime):
        return modified.astimezone(UTC) if modified.tzinfo else modified.replace(tzinfo=UTC)
    if isinstance(modified, int | float):
        return datetime.fromtimestamp(modified, UTC)
    raise ValueError("the source tells no modification time")
