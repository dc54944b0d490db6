"""Removes the files of a stage and an arrival day that nothing waits for, beside runs at work."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import PurePosixPath

from sqlalchemy import Engine

from dataflow_health.errors import StorageError
from dataflow_health.operations import original_bytes
from dataflow_health.stages.store import SCHEMA_FILE
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.ledger import removable_files
from dataflow_health.storage.ledger.removable_files import RemovableFile
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.sql import locks

MOST_FAULTS = 20
"""Files that cannot be removed before no more are tried: each costs the retries of a store."""


def remove_day(
    engine: Engine,
    lake: Lake,
    stage: str,
    day: str,
    before: datetime,
    now: datetime,
    faults: list[StorageError],
) -> Sequence[RemovableFile]:
    """Removes the files of a stage and day; none while a run is at work on them.

    Args:
        engine: Database of the ledger.
        lake: Files of the stages.
        stage: The stage.
        day: Arrival day.
        before: Time before which they were written, UTC.
        now: Current time, UTC.
        faults: Gets an error of each file that stays. At :data:`MOST_FAULTS` no more are tried.

    Returns:
        What was removed.

    Raises:
        DatabaseError: The database does not answer.
    """
    with _idle(engine, stage, day) as is_idle:
        if not is_idle:
            return ()
        removed = []
        for file in removable_files.find(engine, stage, day, before):
            try:
                for path in _paths(engine, stage, [file]):
                    lake.remove(path)
                    _remove_empty_folders(lake, path)
            except StorageError as error:
                faults.append(error)
                if len(faults) >= MOST_FAULTS:
                    break
            else:
                removed.append(file)
        removable_files.mark_removed(engine, stage, day, removed, now)
        return removed


def _remove_empty_folders(lake: Lake, path: str) -> None:
    """Removes the folders of a removed file up to that of its day, where nothing else is in them.

    Each would keep a block of the disk for ever; an object store has no folders. The lock of the
    stage keeps writers of the day away meanwhile.
    """
    if lake.local is None:
        return
    within = [each for each in PurePosixPath(path).parents if "arrival_day=" in str(each)]
    with suppress(OSError):  # not empty
        for folder in within:
            (lake.local / folder).rmdir()


@contextmanager
def _idle(engine: Engine, stage: str, day: str) -> Iterator[bool]:
    """Holds the stage's lock on a day; False while it or a stage that reads its files works."""
    readers = [locks.stage_lock(each, day) for each in STAGES[STAGES.index(stage) :]]
    if any(locks.is_locked(engine, name) for name in readers):
        yield False
        return
    with locks.acquire(engine, locks.stage_lock(stage, day)):
        yield not any(locks.is_locked(engine, name) for name in readers[1:])


def _paths(engine: Engine, stage: str, files: Sequence[RemovableFile]) -> Iterator[str]:
    if stage == "extract":
        ids = [each.archive_id for each in files]
        for recording in removable_files.recordings_of(engine, ids):
            yield original_bytes.extracted_path(*recording)
        return
    for each in files:
        if stage == "store":
            yield str(PurePosixPath(each.path).with_name(SCHEMA_FILE))
        yield each.path
