"""Stage 6, ingest: Spark's workers write the TSVs to the analytics table.

The table is Parquet with one file per aircraft and day and row groups of whole recordings, so a
recording is never split between tasks. A new recording of a day rewrites its aircraft's file from
the TSVs: the path stays the same, and nothing can be in the table twice. A recording whose TSV or
schema is missing or damaged is refused, also when it was in the file before.

The driver moves paths, digests and counts, never rows: each file is written, read back and counted
by one task, and then moved to its place.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import NamedTuple

from pyspark.sql import SparkSession
from sqlalchemy import select

from dataflow_health import logs
from dataflow_health.errors import RecordingRefused
from dataflow_health.stages import spark_tasks, table_writer
from dataflow_health.stages.runner import (
    done_result,
    pending_recordings,
    quarantine_result,
    summarise,
)
from dataflow_health.stages.stage import Dependencies, StageRequest, StageSummary, work_folder
from dataflow_health.stages.store import SCHEMA_FILE
from dataflow_health.stages.table_writer import TableFileRequest, TsvFile
from dataflow_health.storage.files.lake import partition_path, sha256
from dataflow_health.storage.ledger import ledger, pending
from dataflow_health.storage.ledger.ledger import StageOutput, StageResult
from dataflow_health.storage.ledger.pending import PendingRecording
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch

STAGE = "ingest"
CODE_VERSION = "1"
DESCRIPTION = "The analytics table: one Parquet file per aircraft and day, written by Spark."
KINDS = frozenset({"pyspark", "parquet"})
TABLE = "ingest/samples"
FOLDERS = ("arrival_day", "tail", "recording")
"""Partition values of a TSV's path that become columns of the table."""

FileKey = tuple[str, str, str]
"""Layout, schema digest and aircraft: recordings of a day with the same key share one file."""


class LandedRows(NamedTuple):
    """What a file of the table holds of one recording, counted after writing.

    Attributes:
        rows: Number of rows.
        nulls: Number of missing values in each column.
        file_digest: SHA-256 of the file.
        refusal: Refusal of a recording whose TSV or schema file is missing or damaged.
    """

    rows: int = 0
    nulls: Sequence[int] = ()
    file_digest: str | None = None
    refusal: RecordingRefused | None = None


@dataclass(frozen=True, slots=True)
class _Day:
    """An arrival day whose files are to be written.

    Attributes:
        request: Day and scope.
        started_at: When the recordings were marked as running, UTC.
        new: Ids of the recordings to process.
        files_before: Files that recordings of the day were in.
        files: Recordings of every file to rewrite.
        to_write: What a worker has to write, by file.
    """

    request: StageRequest
    started_at: datetime
    new: frozenset[str]
    files_before: frozenset[str]
    files: Mapping[FileKey, Sequence[PendingRecording]]
    to_write: Mapping[FileKey, TableFileRequest]

    def sized_files(self) -> list[tuple[int, TableFileRequest]]:
        """The files to write, each with its number of values."""
        return [(sum(map(_cells, self.files[key])), each) for key, each in self.to_write.items()]


def run(
    deps: Dependencies, request: StageRequest, *, spark: Callable[[], SparkSession]
) -> StageSummary:
    """Writes the day's TSVs to the analytics table.

    Args:
        deps: What the stage works with.
        request: Day and scope.
        spark: Returns the Spark session; not called when there is nothing to do.

    Raises:
        SparkError: Spark cannot start or its job failed.
        StorageError: Files cannot be read or kept.
        DatabaseError: The ledger does not answer.
    """
    [summary] = run_days(deps, [request], spark=spark)
    return summary


def run_days(
    deps: Dependencies, requests: Sequence[StageRequest], *, spark: Callable[[], SparkSession]
) -> list[StageSummary]:
    """As :func:`run`, for several days of one run: one Spark job writes the files of all of them.

    Args:
        deps: What the stage works with.
        requests: Days and scopes.
        spark: Returns the Spark session; not called when there is nothing to do.

    Returns:
        A summary of each request.
    """
    days = [day for day in (_begin_day(deps, request) for request in requests) if day]
    files = [(cells, file) for day in days for cells, file in day.sized_files()]
    landed = _run_job(deps, [day.request for day in days], spark, files) if files else {}
    summaries = {day.request.day: _finish_day(deps, day, landed) for day in days}
    return [summaries.get(each.day, StageSummary(STAGE, each.day)) for each in requests]


def _begin_day(deps: Dependencies, request: StageRequest) -> _Day | None:
    """Marks the day's recordings as running, and plans its files; None with nothing to do."""
    recordings = pending_recordings(STAGE, lambda _recording: CODE_VERSION, deps, request)
    if not recordings:
        return None
    started_at = deps.clock()
    new = frozenset(each.id for each in recordings)
    files_before = frozenset(_files_in_use(deps, request.day))
    ledger.begin(deps.engine, STAGE, sorted(new), request.run_id, started_at)
    scratch = work_folder(STAGE, request.day)
    deps.lake.remove_folder(scratch)
    files: dict[FileKey, list[PendingRecording]] = defaultdict(list)
    for each in _recordings_to_write(deps, request.day, recordings):
        files[_file_key(each)].append(each)
    to_write = {
        key: TableFileRequest(f"{scratch}/{n}.parquet", [_tsv_file(each) for each in of_file])
        for n, (key, of_file) in enumerate(files.items())
    }
    return _Day(request, started_at, new, files_before, files, to_write)


def _finish_day(deps: Dependencies, day: _Day, landed: Mapping[str, LandedRows]) -> StageSummary:
    """Moves the day's new files to their places, and writes the ledger."""
    request = day.request
    for key, of_file in day.files.items():
        digest = _file_digest(landed, of_file)
        if digest is not None:
            _replace_file(deps, request.day, day.to_write[key].path, key, digest)
    deps.lake.remove_folder(work_folder(STAGE, request.day))
    results = [
        _result(each, landed.get(each.id, LandedRows()), day.started_at, deps.clock())
        for of_file in day.files.values()
        for each in of_file
    ]
    results = [each for each in results if each.id in day.new or each.state != "done"]
    ledger.finish(deps.engine, STAGE, request.day, request.run_id, results)
    remove_unused_files(deps, request.day, day.files_before)
    request.progress(STAGE, len(day.new), len(day.new))
    return summarise(STAGE, request.day, results)


def remove_unused_files(deps: Dependencies, day: str, before: Collection[str]) -> None:
    """Removes files that recordings have left, for another layout or schema or for quarantine.

    A reader of the table's folders would find such recordings twice.

    Args:
        deps: What the stage works with.
        day: Arrival day.
        before: Files that recordings of the day were in.

    Raises:
        StorageError: A file cannot be removed.
        DatabaseError: The ledger does not answer.
    """
    for path in sorted(set(before) - _files_in_use(deps, day)):
        deps.lake.remove_folder(path.rpartition("/")[0])


def _files_in_use(deps: Dependencies, day: str) -> set[str]:
    work = tables.recording_stage
    in_use = select(work.c.output_path).distinct().where(
        work.c.stage == STAGE, work.c.arrival_day == day, work.c.state == "done"
    )  # fmt: skip
    return {row.output_path for row in fetch(deps.engine, in_use) if row.output_path}


def file_path(day: str, layout: str, schema: str, tail: str) -> str:
    """Path in the lake of one aircraft's file of a day."""
    folder = partition_path(layout=layout, schema=schema, arrival_day=day, tail=tail)
    return f"{TABLE}/{folder}/samples.parquet"


def _file_key(recording: PendingRecording) -> FileKey:
    """Key of the file that a recording belongs to."""
    schema = recording.input_measurements["schema"]
    return recording.layout or recording.recorder, schema, recording.tail


def _recordings_to_write(
    deps: Dependencies, day: str, new: Sequence[PendingRecording]
) -> list[PendingRecording]:
    """Recordings of all files to rewrite: new ones, and those that are in the files already."""
    keys, ids = {_file_key(each) for each in new}, {each.id for each in new}
    of_day = pending.recordings(deps.engine, STAGE, day, lambda _recording: "", force=True)
    return [
        each
        for each in of_day
        if each.id in ids or (each.state == "done" and _file_key(each) in keys)
    ]


def _run_job(
    deps: Dependencies,
    requests: Sequence[StageRequest],
    spark: Callable[[], SparkSession],
    files: Sequence[tuple[int, TableFileRequest]],
) -> Mapping[str, LandedRows]:
    """Has the workers write all files, in one job; returns what they counted, by recording."""
    job = f"ingest of {', '.join(each.day for each in requests)}"
    write = spark_tasks.EachItem(partial(table_writer.write_file, deps.lake))
    process = logs.WorkerFunction(write, {"stage": STAGE, "run": requests[0].run_id})
    rows = spark_tasks.run(spark(), job, files, process, table_writer.SPARK_SCHEMA)
    return {row.pop("recording"): _landed_rows(**row) for row in rows.to_pylist()}


def _file_digest(
    landed: Mapping[str, LandedRows], of_file: Sequence[PendingRecording]
) -> str | None:
    """SHA-256 of a file that was written; None when all its recordings were refused."""
    found = (landed[each.id].file_digest for each in of_file if each.id in landed)
    return next((digest for digest in found if digest), None)


def _replace_file(deps: Dependencies, day: str, written: str, key: FileKey, digest: str) -> None:
    """Moves a new file to its place; the ledger then expects its digest."""
    path = file_path(day, *key)
    deps.lake.move(written, path)
    ledger.replace_file_digest(deps.engine, STAGE, day, path, digest)


def _tsv_file(recording: PendingRecording) -> TsvFile:
    path = recording.input_path
    folders = dict(step.split("=", 1) for step in path.split("/") if "=" in step)
    return TsvFile(
        recording=recording.id,
        path=path,
        digest=recording.input_file_digest,
        schema_path=f"{path.rpartition('/')[0]}/{SCHEMA_FILE}",
        schema_digest=recording.input_measurements["schema_file"],
        folders={name: folders[name] for name in FOLDERS},
        values=recording.input_measurements.get("values"),
    )


def _cells(recording: PendingRecording) -> int:
    """Values of a recording: rows times columns."""
    return recording.input_rows * len(recording.input_measurements["nulls"])


def _landed_rows(
    rows: int | None,
    nulls: Sequence[int] | None,
    file_digest: str | None,
    reason: str | None,
    detail: str | None,
) -> LandedRows:
    """What a worker found of a recording, from its row of the job's result."""
    refusal = RecordingRefused(reason, detail or "") if reason else None
    return LandedRows(rows or 0, nulls or (), file_digest, refusal)


def _result(
    recording: PendingRecording, landed: LandedRows, started_at: datetime, finished_at: datetime
) -> StageResult:
    """Done when as many rows and missing values landed as were stored; otherwise quarantined."""
    if landed.refusal:
        return quarantine_result(
            recording.id, landed.refusal, CODE_VERSION, started_at, finished_at
        )
    stored_rows, stored_nulls = recording.input_rows, recording.input_measurements["nulls"]
    if landed.rows != stored_rows or list(landed.nulls) != stored_nulls:
        same = landed.rows == stored_rows
        count = "as many" if same else f"{landed.rows} of {stored_rows}"
        detail = f"{count} rows landed; nulls per column differ from the TSV's"
        error = RecordingRefused("rows_not_conserved", detail)
        return quarantine_result(recording.id, error, CODE_VERSION, started_at, finished_at)
    layout, schema, tail = _file_key(recording)
    output = StageOutput(
        rows_in=stored_rows,
        rows_out=landed.rows,
        output_path=file_path(recording.arrival_day, layout, schema, tail),
        output_digest=sha256(f"{recording.input_digest}-{CODE_VERSION}".encode()),
        file_digest=landed.file_digest,
        measurements={
            "schema": schema,
            "nulls": sum(landed.nulls),
            "stored_nulls": sum(stored_nulls),
        },
    )
    return done_result(recording.id, output, CODE_VERSION, started_at, finished_at)
