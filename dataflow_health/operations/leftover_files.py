"""Files of the lake that the ledger does not know, and what dead writers left unfinished."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from sqlalchemy import Engine, select

from dataflow_health.operations import original_bytes
from dataflow_health.stages import download
from dataflow_health.stages.store import SCHEMA_FILE
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.sql import locks, tables
from dataflow_health.storage.sql.statements import fetch

_DAY = re.compile(r"arrival_day=(\d{4}-\d{2}-\d{2})/")


def find(engine: Engine, lake: Lake) -> list[str]:
    """Paths of files that no archive or recording has, sorted; those a run may write are left out.

    Args:
        engine: Database of the ledger.
        lake: Files of the stages.

    Raises:
        StorageError: The lake cannot be read.
        DatabaseError: The database does not answer.
    """
    present = [path for stage in STAGES for path in _files(lake, stage)]
    known = _known(engine)
    candidates = [each for each in present if each not in known]
    idle = [each for each in candidates if not _may_be_written(engine, each)]
    known = _known(engine) if idle else known  # a run that has ended meanwhile has named its files
    return sorted(each for each in idle if each not in known)


def sweep(lake: Lake, paths: list[str]) -> None:
    """Removes files.

    Raises:
        StorageError: A file cannot be removed.
    """
    for each in paths:
        lake.remove(each)


def _files(lake: Lake, stage: str) -> Iterator[str]:
    """Finished files of a stage, and those that a writer has not finished.

    Kept archives and their notes are never among them: a lost ledger is restored from them.
    """
    if stage != download.STAGE:
        yield from lake.files(stage)
    yield from lake.unfinished_files(stage)


def _known(engine: Engine) -> set[str]:
    """Paths that the ledger has, whatever the state of their archive or recording."""
    recording = tables.recording
    extracted = select(recording.c.arrival_day, recording.c.tail, recording.c.id)
    found = {original_bytes.extracted_path(*row) for row in fetch(engine, extracted)}
    for table in (tables.archive_stage, tables.recording_stage):
        outputs = select(table.c.output_path).where(table.c.output_path.is_not(None))
        paths = {row.output_path for row in fetch(engine, outputs)}
        found |= paths | {str(PurePosixPath(each).with_name(SCHEMA_FILE)) for each in paths}
    return found


def _may_be_written(engine: Engine, path: str) -> bool:
    """Whether a run of the file's stage and day is at work; so is one whose path names no day."""
    stage, day = path.split("/", 1)[0], _DAY.search(path)
    return day is None or locks.is_locked(engine, locks.stage_lock(stage, day.group(1)))
