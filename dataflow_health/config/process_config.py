"""The monitored processes alone, for faces that must start at once.

The whole catalogue brings the parsers of conditions and layouts along; a status board needs none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from dataflow_health.config import yaml_document
from dataflow_health.errors import ConfigError
from dataflow_health.health.graph import Pipeline
from dataflow_health.health.process import Process

Fingerprint = tuple[tuple[str, int, int], ...]
"""Path, time of change and size of every YAML file."""


@dataclass(frozen=True, slots=True)
class Monitored:
    """What a board shows.

    Attributes:
        processes: Monitored blocks by name, ours and external.
        parts: Assets inside a process, by its name; algorithms inside ``analyse``.
    """

    processes: Mapping[str, Process]
    parts: Mapping[str, tuple[str, ...]]


def builtin_folder() -> Path:
    """The folder of what this package declares itself."""
    return Path(__file__).parent


def load(*folders: Path) -> Monitored:
    """Reads the process files of some folders; a later one's replaces an earlier one's.

    Raises:
        ConfigError: Something is wrong, in these or any other files; all faults are in it.
    """
    files = {path.stem: path for folder in folders for path in _files(folder, "processes")}
    algorithms = {path.stem for folder in folders for path in _files(folder, "algorithms")}
    try:
        processes = {name: _process(path) for name, path in files.items()}
        Pipeline.of(processes)
    except (ConfigError, ValidationError):
        _tell_all_faults(folders)
        raise
    return Monitored(processes, {"analyse": tuple(sorted(algorithms))})


def fingerprint(*folders: Path) -> Fingerprint:
    """What differs as soon as any YAML file of these folders does."""
    found = []
    for path in sorted(p for folder in folders for p in folder.rglob("*.y*ml")):
        stat = path.stat()
        found.append((str(path), stat.st_mtime_ns, stat.st_size))
    return tuple(found)


def _files(folder: Path, kind: str) -> list[Path]:
    return sorted((folder / kind).glob("*.yaml"))


def _process(path: Path) -> Process:
    document = yaml_document.read(f"processes/{path.name}", path.read_bytes())
    if document.faults:
        raise ConfigError(document.faults)
    return Process.model_validate(document.data)


def _tell_all_faults(folders: tuple[Path, ...]) -> None:
    """Lets the loader of the whole catalogue raise, which knows file, line and what is allowed."""
    from dataflow_health.config import catalogue as everything

    everything.load(*folders)
