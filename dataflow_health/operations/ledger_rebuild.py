"""Restores the ledger's account of archives from the notes beside them in the lake."""

from collections.abc import Callable, Sequence
from datetime import datetime
from json import JSONDecodeError
from typing import NamedTuple

from pydantic import ValidationError
from sqlalchemy import Engine

from dataflow_health.errors import ArchiveRefused, StorageError
from dataflow_health.stages import archive_note, download
from dataflow_health.stages.archive_note import ArchiveNote
from dataflow_health.storage.files import integrity
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.ledger import kept_archives, ledger
from dataflow_health.storage.records import audit_log
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import insert_new

RUN_ID = "ledger rebuild"


class RestoredAccount(NamedTuple):
    """Result of a rebuild.

    Attributes:
        restored: Notes of the archives that the ledger knows now.
        problems: Path and reason of each archive that could not be restored.
    """

    restored: tuple[ArchiveNote, ...]
    problems: tuple[tuple[str, str], ...]


def rebuild(
    engine: Engine,
    lake: Lake,
    operator: Operator,
    at: datetime,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> RestoredAccount:
    """Puts every kept archive that the ledger does not know into it, and before extract.

    What it cannot restore is what only the ledger had: write-offs, the audit log, incidents, and
    further names of the same bytes.

    Args:
        engine: Database of the ledger.
        lake: Files of the stages.
        operator: Who asked for it.
        at: Current time, UTC.
        progress: Called with the numbers of archives done and of all.

    Raises:
        StorageError: The lake cannot be listed.
        DatabaseError: The database does not answer.
    """
    unknown = kept_archives.unknown(engine, lake)
    restored, problems = [], []
    for number, path in enumerate(unknown, start=1):
        try:
            note = _checked_note(lake, path)
        except (StorageError, ArchiveRefused, ValueError) as error:
            problems.append((path, _reason(error)))
        else:
            _accept(engine, note, at)
            restored.append(note)
        progress(number, len(unknown))
    _note_action(engine, operator, restored, at)
    return RestoredAccount(tuple(restored), tuple(problems))


def _checked_note(lake: Lake, path: str) -> ArchiveNote:
    """The note of an archive whose bytes are those that arrived."""
    note = archive_note.read(lake, path)
    with integrity.local_copy(lake, path, note.id, ArchiveRefused) as local:
        integrity.verify_file(local, path, note.id, ArchiveRefused)
    return note


def _accept(engine: Engine, note: ArchiveNote, at: datetime) -> None:
    result = note.result(download.CODE_VERSION, note.received_at, at)
    with writing(engine) as connection:
        insert_new(connection, tables.archive, [note.archive_row()])
        insert_new(connection, tables.arrival, [note.arrival_row("accepted")])
        ledger.finish_in(connection, download.STAGE, note.arrival_day, RUN_ID, [result])


def _note_action(
    engine: Engine, operator: Operator, restored: Sequence[ArchiveNote], at: datetime
) -> None:
    if restored:
        reason = f"{len(restored)} archives restored from the lake"
        audit_log.record(engine, operator, "rebuild", "ledger", reason=reason, at=at)


def _reason(error: Exception) -> str:
    damaged = isinstance(error, ValidationError | JSONDecodeError | UnicodeDecodeError)
    return "its note is damaged" if damaged else str(error)
