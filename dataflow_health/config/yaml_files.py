"""YAML files of configuration folders: found, fingerprinted and read.

What cannot be read is a mistake with a file name, never a file that is not there.
"""

import os
import stat
from pathlib import Path

from dataflow_health.errors import ConfigError, ConfigIssue

SUFFIXES = (".yaml", ".yml", ".YAML", ".YML")

Fingerprint = tuple[tuple[str, int, int], ...]
"""Path, time of the last change of content or permissions (ns), and size of every YAML file."""


def find(folder: Path) -> list[Path]:
    """Every entry of a folder and its subfolders that is named like a YAML file, sorted.

    Hidden entries are left out: editors keep locks and copies there while a file is open.

    Raises:
        ConfigError: The folder does not exist, or a folder in it cannot be listed.
    """
    try:
        is_folder = folder.is_dir()
    except OSError as error:
        raise _error(str(folder), f"cannot be listed: {error.strerror}") from error
    if not is_folder:
        raise _error(str(folder), "the folder does not exist")
    found: list[Path] = []
    for place, folders, files in os.walk(folder, onerror=_raise_unlisted):
        folders[:] = [name for name in folders if not name.startswith(".")]
        named = [name for name in (*folders, *files) if name.endswith(SUFFIXES)]
        found += [Path(place) / name for name in named if not name.startswith(".")]
    return sorted(found)


def fingerprint(*folders: Path) -> Fingerprint:
    """Fingerprint that differs when any YAML file in these folders is added, changed or removed.

    Raises:
        ConfigError: A folder cannot be listed.
    """
    return tuple(_state(path) for folder in folders for path in find(folder))


def read(path: Path, shown: str) -> bytes:
    """Content of a YAML file.

    Args:
        path: The file. Only a regular file is opened: reading a pipe would wait for ever.
        shown: Name of the file in the issue.

    Raises:
        ConfigError: The file cannot be read.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise _error(shown, "not a regular file", "a text file")
        return path.read_bytes()
    except OSError as error:
        raise _error(shown, f"cannot be read: {error.strerror}", "a readable file") from error


def _state(path: Path) -> tuple[str, int, int]:
    """Path, time of the last change and size; size -1 for a file that cannot be reached.

    The time is that of any change: a file that was given to another user can be read from then on.
    """
    try:
        found = path.stat()
    except OSError:
        return str(path), 0, -1
    return str(path), found.st_ctime_ns, found.st_size


def _raise_unlisted(error: OSError) -> None:
    raise _error(str(error.filename), f"cannot be listed: {error.strerror}", "a readable folder")


def _error(file: str, problem: str, allowed: str = "") -> ConfigError:
    return ConfigError((ConfigIssue(file, 0, "", problem, allowed),))
