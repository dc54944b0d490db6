"""Loads the monitored processes alone, for commands that must start quickly.

The whole catalogue also loads the parsers of conditions and layouts, which a status report does not
need.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from dataflow_health.config import yaml_document, yaml_files
from dataflow_health.errors import ConfigError
from dataflow_health.health.graph import Pipeline
from dataflow_health.health.process import Process
from dataflow_health.health.stage_check_names import unknown_checks


@dataclass(frozen=True, slots=True)
class ProcessConfig:
    """Configuration that a status report needs.

    Attributes:
        processes: Monitored processes by name, internal and external.
        parts: Assets inside a process, by process name: the algorithms of ``analyse``.
    """

    processes: Mapping[str, Process]
    parts: Mapping[str, tuple[str, ...]]


def load(*folders: Path) -> ProcessConfig:
    """Loads the process files of some folders.

    Args:
        folders: Configuration folders. A file replaces one of the same name in an earlier folder.

    Raises:
        ConfigError: A process file is invalid; lists the issues of all configuration files. Or a
            folder cannot be listed.
    """
    found = [
        (path.relative_to(folder), path) for folder in folders for path in yaml_files.find(folder)
    ]
    files = {short.stem: path for short, path in found if _is_in("processes", short)}
    algorithms = {short.stem for short, _ in found if _is_in("algorithms", short)}
    try:
        processes = {name: _read_process(path) for name, path in files.items()}
        Pipeline.of(processes)
        if any(unknown_checks(name, process) for name, process in processes.items()):
            _raise_all_issues(folders)
    except (ConfigError, ValidationError):
        _raise_all_issues(folders)
        raise
    return ProcessConfig(processes, {"analyse": tuple(sorted(algorithms))})


def _is_in(kind: str, short: Path) -> bool:
    return short.parent == Path(kind) and short.suffix == ".yaml"


def _read_process(path: Path) -> Process:
    shown = f"processes/{path.name}"
    document = yaml_document.read(shown, yaml_files.read(path, shown))
    if document.issues:
        raise ConfigError(document.issues)
    return Process.model_validate(document.data)


def _raise_all_issues(folders: tuple[Path, ...]) -> None:
    """Loads the whole catalogue, which raises with file, line and valid values of every issue."""
    from dataflow_health.config import catalogue

    catalogue.load(*folders)
