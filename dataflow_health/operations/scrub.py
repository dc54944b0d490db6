"""Compares the files of the lake with the digests in the ledger, without changing anything."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Engine, Select, Table, func, select

from dataflow_health.errors import RecordingRefused
from dataflow_health.storage.files import integrity
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.sql import locks, tables
from dataflow_health.storage.sql.statements import columns, fetch_as


class KeptFile(NamedTuple):
    """One file that a stage wrote, as the ledger has it.

    Attributes:
        stage: The stage.
        arrival_day: Arrival day.
        path: Path in the lake.
        digest: SHA-256 of the bytes that were written.
        item: Id of the archive or recording; of one of them, when several share the file.
        items: Number of archives or recordings that the file belongs to.
    """

    stage: str
    arrival_day: str
    path: str
    digest: str
    item: str
    items: int


class DamagedFile(NamedTuple):
    """A file that is missing or has other bytes than were written.

    Attributes:
        file: The file as the ledger has it.
        reason: ``input_missing`` or ``input_changed``.
        detail: Expected and found digest.
    """

    file: KeptFile
    reason: str
    detail: str


def kept_files(engine: Engine, stage: str | None = None, day: str | None = None) -> list[KeptFile]:
    """Files of finished work, in the order of the stages.

    Args:
        engine: Database of the ledger.
        stage: Only this stage.
        day: Only this arrival day.

    Raises:
        DatabaseError: The database does not answer.
    """
    ids = {tables.archive_stage: "archive_id", tables.recording_stage: "recording_id"}
    found = [
        each
        for table, key in ids.items()
        for each in fetch_as(KeptFile, engine, _kept(table, key))
        if stage in (None, each.stage) and day in (None, each.arrival_day)
    ]
    return sorted(found, key=lambda each: (STAGES.index(each.stage), each.arrival_day, each.path))


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
        if _damage(lake, each) and (found := _confirm(engine, lake, each)):
            yield found
        progress(number)


def _damage(lake: Lake, file: KeptFile) -> DamagedFile | None:
    try:
        integrity.check_file(lake, file.path, file.digest)
    except RecordingRefused as error:
        return DamagedFile(file, error.reason, error.detail)
    return None


def _confirm(engine: Engine, lake: Lake, file: KeptFile) -> DamagedFile | None:
    """The damage of a file by its present digest, while no run of its stage and day can write."""
    name = locks.stage_lock(file.stage, file.arrival_day)
    if locks.is_locked(engine, name):
        return None
    with locks.acquire(engine, name):
        for current in kept_files(engine, file.stage, file.arrival_day):
            if current.path == file.path:
                return _damage(lake, current)
    return None


def _kept(table: Table, key: str) -> Select[tuple[str, str, str, str, str, int]]:
    digest = func.coalesce(table.c.file_digest, table.c.output_digest)
    given = columns(
        KeptFile,
        table,
        path=table.c.output_path,
        digest=digest,
        item=func.min(table.c[key]),
        items=func.count(),
    )
    done = select(*given).where(table.c.state == "done", table.c.output_path.is_not(None))
    return done.group_by(table.c.stage, table.c.arrival_day, table.c.output_path, digest)
