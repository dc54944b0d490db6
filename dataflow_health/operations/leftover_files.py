"""Files of the lake that the ledger does not know, and what dead writers left unfinished."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from sqlalchemy import Engine, select

from dataflow_health.operations import original_bytes
from dataflow_health.stages import download
from dataflow_health.stages.store import SCHEMA_FILE
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.sql import locks, tables
from dataflow_health.storage.sql.statements import fetch

_DAY = re.compile(r"arrival_day=(\d{4}-\d{2}-\d{2})/")


def find(
    engine: Engine, lake: Lake, *, stage: str | None = None, day: str | None = None
) -> list[str]:
    """Paths of files that the ledger does not name, sorted; those a run may write are left out.

    Args:
        engine: Database of the ledger.
        lake: Files of the stages.
        stage: Only files of this stage.
        day: Only files of this arrival day.

    Raises:
        StorageError: The lake cannot be read.
        DatabaseError: The database does not answer.
    """
    present = [path for each in ([stage] if stage else STAGES) for path in _files(lake, each)]
    known = _known(engine)
    places = {path: place for path in present if path not in known and (place := _place(path))}
    idle = [path for path, place in places.items() if not _is_at_work(engine, place)]
    known = _known(engine) if idle else known  # a run that has ended meanwhile has named its files
    return sorted(path for path in idle if path not in known and day in (None, places[path].day))


def sweep(engine: Engine, lake: Lake, paths: Sequence[str]) -> list[str]:
    """Removes files; returns the removed ones.

    A file stays when a run of its stage and day is at work, or when the ledger names it by now. No
    such run begins before its files are removed.

    Args:
        engine: Database of the ledger.
        lake: Files of the stages.
        paths: What :func:`find` found.

    Raises:
        StorageError: A file cannot be removed.
        DatabaseError: The database does not answer.
    """
    by_place: dict[_Place, list[str]] = defaultdict(list)
    for path in paths:
        if place := _place(path):
            by_place[place].append(path)
    return [
        path
        for place, of_place in by_place.items()
        if not _is_at_work(engine, place)
        for path in _sweep_place(engine, lake, place, of_place)
    ]


def _sweep_place(engine: Engine, lake: Lake, place: "_Place", paths: Sequence[str]) -> list[str]:
    with locks.acquire(engine, place.lock):
        known = _known(engine, place)
        removed = [path for path in paths if path not in known]
        for path in removed:
            lake.remove(path)
    return removed


class _Place(NamedTuple):
    """Stage and arrival day of a file; a run locks both while it writes."""

    stage: str
    day: str

    @property
    def lock(self) -> str:
        return locks.stage_lock(self.stage, self.day)

    @property
    def folder(self) -> str:
        return f"{self.stage}/arrival_day={self.day}/"


def _place(path: str) -> _Place | None:
    """Place of a file; None for one that no lock protects, because its path names no day."""
    day = _DAY.search(path)
    return _Place(path.split("/", 1)[0], day.group(1)) if day else None


def _is_at_work(engine: Engine, place: _Place) -> bool:
    return locks.is_locked(engine, place.lock)


def _files(lake: Lake, stage: str) -> Iterator[str]:
    """Finished files of a stage, and those that a writer has not finished.

    Kept archives and their notes are never among them: a lost ledger is restored from them.
    """
    if stage != download.STAGE:
        yield from lake.files(stage)
    yield from lake.unfinished_files(stage)


def _known(engine: Engine, place: _Place | None = None) -> set[str]:
    """Paths that the ledger names, whatever the state of their archive or recording.

    Args:
        engine: Database of the ledger.
        place: Only paths of this stage and arrival day, at least; None for all.
    """
    recording = tables.recording
    extracted = select(recording.c.arrival_day, recording.c.tail, recording.c.id)
    if place:
        extracted = extracted.where(recording.c.arrival_day == place.day)
    found = {original_bytes.extracted_path(*row) for row in fetch(engine, extracted)}
    for table in (tables.archive_stage, tables.recording_stage):
        path = table.c.output_path
        outputs = select(path).where(path.is_not(None))
        if place:
            outputs = outputs.where(path.startswith(place.folder, autoescape=True))
        paths = {row.output_path for row in fetch(engine, outputs)}
        found |= paths | {str(PurePosixPath(each).with_name(SCHEMA_FILE)) for each in paths}
    return found
