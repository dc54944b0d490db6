"""Compares the files of the lake with the ledger, and queues what can be made again."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Engine

from dataflow_health.errors import RecordingRefused, StorageError
from dataflow_health.operations import kept_files
from dataflow_health.operations.kept_files import KeptFile
from dataflow_health.storage.files import integrity
from dataflow_health.storage.files.lake import Lake, sha256
from dataflow_health.storage.ledger import arrival_days, lake_marker, quarantine, stage_records
from dataflow_health.storage.ledger.stage_records import StageRecord
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.sql import locks

INPUT_UNREADABLE = "input_unreadable"
"""Reason code of a file that cannot be read, though the lake can."""


class DamagedFile(NamedTuple):
    """A file that is missing or has other bytes than were written.

    Attributes:
        file: The file as the ledger has it; for load, the result file whose rows differ in SQL.
        reason: ``input_missing``, ``input_changed``, ``input_unreadable``, ``rows_changed`` or
            ``not_in_ledger``.
        detail: Expected and found digest, the error of reading, or which rows differ.
    """

    file: KeptFile
    reason: str
    detail: str

    @property
    def can_be_made_again(self) -> bool:
        """Whether a stage can make it again; an archive has to be sent again."""
        return self.file.stage != "download"


class Share(NamedTuple):
    """One of equal parts of the lake and of the results; scrub reads the one that waits longest.

    Attributes:
        number: Its number, from 0.
        parts: Number of parts.
    """

    number: int
    parts: int

    def files(self, engine: Engine) -> list[KeptFile]:
        """Its files of finished work.

        Raises:
            DatabaseError: The database does not answer.
        """
        return [each for each in kept_files.find(engine) if self.has(each.path)]

    def days(self, engine: Engine) -> list[str]:
        """Its arrival days with results.

        Raises:
            DatabaseError: The database does not answer.
        """
        return [each for each in arrival_days.with_results(engine) if self.has(each)]

    def has(self, name: str) -> bool:
        """Whether a path or an arrival day is in it."""
        return int(sha256(name.encode())[:8], 16) % self.parts == self.number


def find_damaged(
    engine: Engine,
    lake: Lake,
    files: Sequence[KeptFile],
    progress: Callable[[int], None] = lambda _: None,
) -> Iterator[DamagedFile]:
    """Reads files and yields those that are missing or damaged.

    A file that a run is replacing meanwhile is left out: that run reads it.

    Args:
        engine: Database of the ledger.
        lake: Files of the stages.
        files: The files to read.
        progress: Called with the number of files that have been read.

    Raises:
        StorageError: The lake cannot be read.
        DatabaseError: The database does not answer.
    """
    for number, each in enumerate(files, start=1):
        if find_damage(lake, each) and (found := _confirm(engine, lake, each)):
            yield found
        progress(number)


def find_damage(lake: Lake, file: KeptFile) -> DamagedFile | None:
    """The damage of a file that cannot be read or has another digest; None when it is sound.

    Raises:
        StorageError: The lake cannot be read.
    """
    try:
        integrity.check_file(lake, file.path, file.digest)
    except RecordingRefused as error:
        return DamagedFile(file, error.reason, error.detail)
    except StorageError as error:
        lake.read(lake_marker.MARKER)  # raises when it is the lake that cannot be read
        return DamagedFile(file, INPUT_UNREADABLE, str(error))
    return None


def _confirm(engine: Engine, lake: Lake, file: KeptFile) -> DamagedFile | None:
    """The damage of a file by its present digest, while no run of its stage and day can write."""
    name = locks.stage_lock(file.stage, file.arrival_day)
    if locks.is_locked(engine, name):
        return None
    with locks.acquire(engine, name):
        present = kept_files.find(engine, file.stage, file.arrival_day)
        return next((find_damage(lake, each) for each in present if each.path == file.path), None)


def repair(
    engine: Engine, damaged: Sequence[DamagedFile], operator: Operator, *, at: datetime
) -> tuple[str, ...]:
    """Queues what is damaged for the stage that makes it; an archive cannot be made again.

    Args:
        engine: Database of the ledger.
        damaged: What was found.
        operator: Who does it.
        at: Time of the action, UTC.

    Returns:
        Arrival days that have to run, oldest first. The sensor ``arrivals`` runs them by itself.

    Raises:
        DatabaseError: The database does not answer.
    """
    again = [each for each in damaged if each.can_be_made_again]
    records = {
        (record.stage, record.id): record
        for each in again
        for record in _records(engine, each.file)
    }
    reason = f"{len(again)} damaged files"
    quarantine.requeue(
        engine, list(records.values()), operator, action="rebuild", reason=reason, at=at
    )
    return tuple(sorted({record.arrival_day for record in records.values()}))


def _records(engine: Engine, file: KeptFile) -> list[StageRecord]:
    """Records of all archives or recordings that share a file."""
    found = stage_records.find(engine, stage=file.stage, day=file.arrival_day, states=["done"])
    return [each for each in found if file.item == each.id or file.path == each.output_path]
