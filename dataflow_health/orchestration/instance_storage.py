"""Dagster's SQLite storage, created whole or not at all.

Dagster creates its tables one statement at a time and takes a database file that exists for a
complete one. A machine that dies in between leaves an instance that never works again ("Using
dynamic partitions definitions requires the dynamic partitions table").
"""

import shutil
import tempfile
from pathlib import Path

import dagster as dg
import yaml

_FOLDERS = ("schedules", "history")
"""Folders of Dagster's default storage; the last one is looked for, so it is moved last."""


def create(dagster_home: Path) -> None:
    """Creates the storage beside its place and moves it there, unless it exists.

    Nothing is created for a ``dagster.yaml`` that names a storage of its own: PostgreSQL creates
    its tables in one transaction.

    Args:
        dagster_home: Folder with a ``dagster.yaml``.
    """
    config = dagster_home / "dagster.yaml"
    chosen = yaml.safe_load(config.read_text()) or {}
    if (dagster_home / _FOLDERS[-1]).exists() or "storage" in chosen:
        return
    with tempfile.TemporaryDirectory(prefix=".new-", dir=dagster_home) as folder:
        shutil.copyfile(config, Path(folder) / config.name)
        with dg.DagsterInstance.from_config(folder) as instance:
            instance.get_dynamic_partitions("arrival_day")
        for name in _FOLDERS:
            _move(Path(folder) / name, dagster_home / name)


def _move(source: Path, target: Path) -> None:
    """Moves a folder; a target that another process moved there first is kept."""
    try:
        source.rename(target)
    except OSError:
        if not target.exists():
            raise
