"""Compares the results in SQL, value by value, with the result files that they were loaded from."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Engine, Table, select

from dataflow_health.errors import RecordingRefused, StorageError
from dataflow_health.operations.kept_files import KeptFile
from dataflow_health.operations.scrub import DamagedFile
from dataflow_health.stages import load, result_files
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.ledger import lake_marker, pending, stage_records
from dataflow_health.storage.ledger.pending import PendingRecording
from dataflow_health.storage.ledger.stage_records import StageRecord
from dataflow_health.storage.sql import locks, tables
from dataflow_health.storage.sql.statements import chunks, fetch

ROWS_CHANGED = "rows_changed"
"""Reason code of a recording whose rows in SQL are not those of its result file."""
_NOT_COMPARED = ("uploaded_at", "parser_version", "state")
"""They are of the run that loaded a row, or of a person, not of the file."""

Rows = frozenset[tuple[Any, ...]]


def find_changed(engine: Engine, lake: Lake, day: str) -> Iterator[DamagedFile]:
    """Recordings of an arrival day whose results or findings in SQL differ from their result file.

    A recording whose file is damaged is left out, and one that a run is loading.

    Args:
        engine: Database of the ledger and the results.
        lake: Files of the stages.
        day: The arrival day.

    Raises:
        StorageError: The lake cannot be read.
        DatabaseError: The database does not answer.
    """
    name = locks.stage_lock(load.STAGE, day)
    changed = [each.file.item for each in _compare(engine, lake, day, None)]
    if changed and not locks.is_locked(engine, name):
        with locks.acquire(engine, name):
            yield from _compare(engine, lake, day, changed)


def _compare(
    engine: Engine, lake: Lake, day: str, only: Sequence[str] | None
) -> Iterator[DamagedFile]:
    recordings = pending.recordings(engine, load.STAGE, day, str, force=True, only=only)
    parsed = {each.id: each for each in stage_records.find(engine, stage="parse", day=day)}
    for some in chunks([each for each in recordings if each.state == "done"]):
        ids = [each.id for each in some]
        runs, findings = (_in_sql(engine, table, day, ids) for table in _TABLES)
        for each in some:
            given = runs.get(each.id, frozenset()), findings.get(each.id, frozenset())
            if detail := _difference(lake, each, parsed[each.id], given):
                yield _as_damaged(each, detail)


def _difference(
    lake: Lake, recording: PendingRecording, parsed: StageRecord, given: tuple[Rows, Rows]
) -> str:
    """Which rows differ from those of the result file; empty when none does."""
    try:
        table = result_files.read(lake, recording.input_path, recording.input_file_digest)
    except RecordingRefused:
        return ""
    except StorageError:
        lake.read(lake_marker.MARKER)  # raises when it is the lake that cannot be read
        return ""
    runs, findings = load.result_rows(recording, table.to_pylist(), parsed, recording.arrived_at)
    details = (
        _describe(tables.algorithm_run, [each._asdict() for each in runs], given[0]),
        _describe(tables.finding, [each._asdict() for each in findings], given[1]),
    )
    return "; ".join(filter(None, details))


def _describe(table: Table, rows: Sequence[Mapping[str, Any]], in_sql: Rows) -> str:
    expected = frozenset(_comparable(table, row) for row in rows)
    if expected == in_sql:
        return ""
    lost, wrong = len(expected - in_sql), len(in_sql - expected)
    return f"{table.name}: {lost} missing or changed, {wrong} not in the file"


def _in_sql(engine: Engine, table: Table, day: str, ids: Sequence[str]) -> Mapping[str, Rows]:
    """Comparable rows in SQL by recording."""
    found: dict[str, set[tuple[Any, ...]]] = {}
    chosen = select(table).where(table.c.arrival_day == day, table.c.recording_id.in_(ids))
    for row in fetch(engine, chosen):
        found.setdefault(row.recording_id, set()).add(_comparable(table, row._asdict()))
    return {id_: frozenset(rows) for id_, rows in found.items()}


def _comparable(table: Table, row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Values of a row in the order of the table; SQLite has no NaN, so it counts as missing."""
    names = [column.name for column in table.columns if column.name not in _NOT_COMPARED]
    return tuple(None if row[name] != row[name] else row[name] for name in names)


def _as_damaged(recording: PendingRecording, detail: str) -> DamagedFile:
    digest = recording.input_file_digest
    file = KeptFile(
        load.STAGE, recording.arrival_day, recording.input_path, digest, recording.id, 1
    )
    return DamagedFile(file, ROWS_CHANGED, detail)


_TABLES = (tables.algorithm_run, tables.finding)
