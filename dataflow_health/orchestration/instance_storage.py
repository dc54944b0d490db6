"""Dagster's SQLite storage: created whole or not at all; its files of runs, and their size.

Dagster creates its tables one statement at a time and takes a database file that exists for a
complete one. A machine that dies in between leaves an instance that never works again ("Using
dynamic partitions definitions requires the dynamic partitions table").
"""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import dagster as dg
import yaml
from loguru import logger

FREE_BYTES = 16 << 20
FREE_SHARE = 0.2
"""A file with more free bytes, and with a greater share of them, is written anew without them."""
BUSY_S = 60.0
"""Seconds that shrinking a file waits for other writers."""
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


def is_sharded(instance: dg.DagsterInstance) -> bool:
    """Whether each run has a file of its own, as on SQLite."""
    return bool(instance.event_log_storage.is_run_sharded)


def event_storage(instance: dg.DagsterInstance) -> Any:  # noqa: ANN401  (of SQL, not in its type)
    """Storage of events, with its connections and, where it is sharded, the paths of its files."""
    return instance.event_log_storage


def run_storage(instance: dg.DagsterInstance) -> Any:  # noqa: ANN401
    """Storage of runs, with its connections."""
    return instance.run_storage


def size_of_runs(instance: dg.DagsterInstance, runs: Sequence[str]) -> int:
    """Bytes of the files of runs; 0 on a server.

    Args:
        instance: Dagster's instance.
        runs: Ids of the runs.
    """
    return sum(each.stat().st_size for each in _run_files(instance, runs))


def remove_runs_files(instance: dg.DagsterInstance, runs: Sequence[str]) -> None:
    """Removes the events of runs that are in files of their own, and what the runs printed.

    Args:
        instance: Dagster's instance.
        runs: Ids of runs that have ended.
    """
    for file in _run_files(instance, runs):
        file.unlink(missing_ok=True)
    for run in runs:
        instance.compute_log_manager.delete_logs(prefix=[run])


def _run_files(instance: dg.DagsterInstance, runs: Sequence[str]) -> Iterator[Path]:
    if not is_sharded(instance):
        return
    for run in runs:
        file = Path(event_storage(instance).path_for_shard(run))
        for suffix in ("", "-wal", "-shm"):
            part = file.with_name(file.name + suffix)
            if part.exists():
                yield part


def shrink(instance: dg.DagsterInstance) -> None:
    """Gives the free space in SQLite files back; PostgreSQL uses it again by itself.

    Args:
        instance: Dagster's instance.
    """
    if not is_sharded(instance):
        return
    shard = event_storage(instance).path_for_shard
    home = Path(instance.root_directory)
    for file in (
        Path(shard("index")), Path(shard("")), home / "history" / "runs.db",
        home / "schedules" / "schedules.db",
    ):  # fmt: skip
        if file.exists():
            _shrink_file(file)


def _shrink_file(file: Path) -> None:
    with closing(sqlite3.connect(file, timeout=BUSY_S, isolation_level=None)) as connection:
        page, pages, free = (
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_size", "page_count", "freelist_count")
        )
        if free * page > FREE_BYTES and free > FREE_SHARE * pages:
            try:
                connection.execute("VACUUM")
            except sqlite3.OperationalError as error:  # others write for longer: the next night
                logger.warning("{} stays as large as it is: {}", file, error)
