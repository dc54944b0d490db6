"""Files and their modification times, on this machine or any file system that fsspec reads."""

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dataflow_health.monitoring.probes.target import local_path

_MODIFIED = ("mtime", "LastModified", "last_modified", "modified", "updated")
"""Names of the modification time in the file systems of fsspec."""


def exists(where: str) -> bool:
    """Whether a file or folder exists.

    Raises:
        OSError: The file system cannot be read, or a folder on this machine cannot be listed.
    """
    path = local_path(where)
    if path is not None:
        if path.is_dir():
            _read_first_entry(path)
        return path.exists()
    system, inside = _remote(where)
    return bool(system.exists(inside))


def _read_first_entry(folder: Path) -> None:
    with os.scandir(folder) as entries:
        next(entries, None)


def changed(where: str, pattern: str) -> list[tuple[str, datetime]]:
    """Name and modification time of files, newest first.

    Args:
        where: Path or URL of a folder, or of one file.
        pattern: Pattern of the files in the folder; empty when ``where`` is the file.

    Raises:
        OSError: The file system cannot be read, or stores no modification times.
    """
    path = local_path(where)
    found = _local(where, pattern) if path is not None else _in_remote(where, pattern)
    return sorted(found, key=lambda each: (each[1], each[0]), reverse=True)


def _local(where: str, pattern: str) -> Iterator[tuple[str, datetime]]:
    path = local_path(where)
    assert path is not None  # noqa: S101
    for each in path.glob(pattern) if pattern else [path]:
        try:
            status = each.stat()
        except FileNotFoundError:  # removed since it was listed, which is normal
            continue
        if each.is_file() or not pattern:
            yield each.name, datetime.fromtimestamp(status.st_mtime, UTC)


def _in_remote(where: str, pattern: str) -> Iterator[tuple[str, datetime]]:
    system, inside = _remote(where)
    names = system.glob(f"{inside.rstrip('/')}/{pattern}") if pattern else [inside]
    for name in names:
        info = system.info(name)
        if info.get("type") != "directory" or not pattern:
            yield name.rpartition("/")[2], _instant(info)


def _instant(info: Mapping[str, Any]) -> datetime:
    given = next((info[key] for key in _MODIFIED if info.get(key)), None)
    if isinstance(given, datetime):
        return given if given.tzinfo else given.replace(tzinfo=UTC)
    if isinstance(given, int | float):
        return datetime.fromtimestamp(given, UTC)
    if isinstance(given, str):
        parsed = datetime.fromisoformat(given)
        return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    raise OSError(f"{info.get('name')}: this file system stores no modification times")


def _remote(where: str) -> tuple[Any, str]:
    import fsspec

    system, inside = fsspec.core.url_to_fs(where)
    system.invalidate_cache()
    return system, inside
