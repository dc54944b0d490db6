"""Files of the lake that finished work has written, each with its digest in the ledger.

Those that retention has removed are not among them.
"""

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from sqlalchemy import Engine, Select, Table, func, select

from dataflow_health.operations import original_bytes
from dataflow_health.stages.store import SCHEMA_FILE
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import columns, fetch, fetch_as


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


def find(engine: Engine, stage: str | None = None, day: str | None = None) -> list[KeptFile]:
    """Files of finished work, in the order of the stages.

    Args:
        engine: Database of the ledger.
        stage: Only this stage.
        day: Only this arrival day.

    Raises:
        DatabaseError: The database does not answer.
    """
    ids = {tables.archive_stage: "archive_id", tables.recording_stage: "recording_id"}
    outputs = (
        each
        for table, key in ids.items()
        for each in fetch_as(KeptFile, engine, _in(_outputs(table, key), table, stage, day))
    )
    found = [*outputs, *_extracted(engine, stage, day), *_schemas(engine, stage, day)]
    return sorted(found, key=lambda each: (STAGES.index(each.stage), each.arrival_day, each.path))


def _outputs(table: Table, key: str) -> Select[Any]:
    """Outputs whose paths are in the ledger; recordings may share one."""
    digest = func.coalesce(table.c.file_digest, table.c.output_digest)
    given = columns(
        KeptFile,
        table,
        path=table.c.output_path,
        digest=digest,
        item=func.min(table.c[key]),
        items=func.count(),
    )
    done = select(*given).where(
        table.c.state == "done",
        table.c.output_path.is_not(None),
        table.c.file_removed_at.is_(None),
    )
    return done.group_by(table.c.stage, table.c.arrival_day, table.c.output_path, digest)


def _in(statement: Select[Any], table: Table, stage: str | None, day: str | None) -> Select[Any]:
    for column, wanted in ((table.c.stage, stage), (table.c.arrival_day, day)):
        if wanted is not None:
            statement = statement.where(column == wanted)
    return statement


def _extracted(engine: Engine, stage: str | None, day: str | None) -> Iterable[KeptFile]:
    """The recordings that extract took out of archives: each id is the digest of its bytes."""
    recording, work = tables.recording, tables.archive_stage
    statement = (
        select(recording)
        .join(work, work.c.archive_id == recording.c.archive_id)
        .where(work.c.stage == "extract", work.c.state == "done", work.c.file_removed_at.is_(None))
    )
    for row in fetch(engine, _in(statement, work, stage, day)):
        path = original_bytes.extracted_path(row.arrival_day, row.tail, row.id)
        yield KeptFile("extract", row.arrival_day, path, row.id, row.archive_id, 1)


def _schemas(engine: Engine, stage: str | None, day: str | None) -> Iterable[KeptFile]:
    """The schema file beside each TSV."""
    work = tables.recording_stage
    statement = select(work).where(
        work.c.stage == "store",
        work.c.state == "done",
        work.c.output_path.is_not(None),
        work.c.file_removed_at.is_(None),
    )
    for row in fetch(engine, _in(statement, work, stage, day)):
        if digest := row.measurements.get("schema_file"):
            path = str(PurePosixPath(row.output_path).with_name(SCHEMA_FILE))
            yield KeptFile("store", row.arrival_day, path, digest, row.recording_id, 1)
