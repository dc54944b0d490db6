"""Archives that the lake keeps, and those of them that the ledger does not know."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import PurePosixPath

from sqlalchemy import Engine, select

from dataflow_health.storage.files.lake import Lake, partition_path
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch

FOLDER = "download"
SUFFIX = ".zip"

COMMIT_WITHIN = timedelta(minutes=10)
"""Time from the writing of an archive to its row in the ledger, with a new start in between."""


def archive_path(day: str, digest: str) -> str:
    """Path of an archive's bytes in the lake."""
    return f"{_day_folder(day)}/{digest}{SUFFIX}"


def unknown(engine: Engine, lake: Lake) -> list[str]:
    """Paths of all kept archives that the ledger does not know, sorted.

    Raises:
        StorageError: The lake cannot be listed.
        DatabaseError: The database does not answer.
    """
    known = {row.path for row in fetch(engine, select(tables.archive.c.path))}
    return [path for path in lake.files(FOLDER, SUFFIX) if path not in known]


def unknown_sample(engine: Engine, lake: Lake, now: datetime) -> list[str]:
    """Like :func:`unknown`, for few files: of days that the ledger does not have, and the newest.

    A ledger that was lost has no day, and one from last night's backup not the newest archives. Of
    other days, the hourly scrub finds what the ledger lacks.

    Args:
        engine: Database of the ledger.
        lake: Files of the stages.
        now: Current time, UTC. What was written lately may not be in the ledger yet.

    Raises:
        StorageError: The lake cannot be listed.
        DatabaseError: The database does not answer.
    """
    table = tables.archive
    known_days = {row.arrival_day for row in fetch(engine, select(table.c.arrival_day).distinct())}
    folders = lake.folders(FOLDER)
    known_folders = {_day_folder(day) for day in known_days}
    sample = [each for each in folders if each not in known_folders]
    sample += [each for each in folders[-1:] if each not in sample]
    return [path for folder in sample for path in _unknown_in_folder(engine, lake, folder, now)]


def unknown_of(engine: Engine, lake: Lake, has: Callable[[str], bool], now: datetime) -> list[str]:
    """Like :func:`unknown`, of some arrival days only.

    Args:
        engine: Database of the ledger.
        lake: Files of the stages.
        has: Whether an arrival day is one of them.
        now: Current time, UTC. What was written lately may not be in the ledger yet.

    Raises:
        StorageError: The lake cannot be listed.
        DatabaseError: The database does not answer.
    """
    folders = [each for each in lake.folders(FOLDER) if has(_day_of(each))]
    return [path for folder in folders for path in _unknown_in_folder(engine, lake, folder, now)]


def _unknown_in_folder(engine: Engine, lake: Lake, folder: str, now: datetime) -> list[str]:
    return _unknown_in(engine, folder, lake.files(folder, SUFFIX, now - COMMIT_WITHIN))


def _unknown_in(engine: Engine, folder: str, paths: list[str]) -> list[str]:
    table = tables.archive
    day = _day_of(folder)
    rows = fetch(engine, select(table.c.path).where(table.c.arrival_day == day)) if paths else ()
    known = {row.path for row in rows}
    return [path for path in paths if path not in known]


def _day_of(folder: str) -> str:
    return PurePosixPath(folder).name.partition("=")[2]


def _day_folder(day: str) -> str:
    return f"{FOLDER}/{partition_path(arrival_day=day)}"
