"""Stage 6, ingest: Spark reads the TSVs and writes the analytics table.

The table is Parquet with one file per aircraft and day and one row group per file, so a recording
is never split between tasks. A new recording of a day rewrites its aircraft's file from the TSVs:
the path stays the same, and nothing can be in the table twice. A recording whose TSV or schema is
missing or damaged is refused, also when it was in the file before.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from loguru import logger
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as t
from pyspark.sql.pandas.types import to_arrow_schema
from sqlalchemy import select

from dataflow_health.errors import RecordingRefused, SparkError
from dataflow_health.stages import tsv_reader
from dataflow_health.stages.arrow_batches import by_recording
from dataflow_health.stages.runner import (
    done_result,
    pending_recordings,
    quarantine_result,
    read_input,
    summarise,
)
from dataflow_health.stages.stage import Dependencies, StageRequest, StageSummary
from dataflow_health.stages.store import SCHEMA_FILE
from dataflow_health.stages.table_column import column_of
from dataflow_health.stages.tsv_reader import TsvFile
from dataflow_health.storage.files import integrity
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
ROW_GROUP_BYTES = 1 << 30
"""Larger than any aircraft's day, so that a file is one row group."""

TYPES = {"int": t.IntegerType(), "double": t.DoubleType(), "string": t.StringType()}
"""Spark type of each type in the schema file. Numbers are DOUBLE: with FLOAT, limits that lie on a
count's step find other events."""

FOLDERS = ("arrival_day", "tail", "recording")
"""Partition values of a TSV's path that become columns of the table."""
_NOT_COUNTED = ["arrival_day", "tail"]
"""Columns of the table whose missing values are not compared with the TSV's."""

FileKey = tuple[str, str, str]
"""Layout, schema digest and aircraft: recordings of a day with the same key share one file."""


class LandedRows(NamedTuple):
    """What the table holds of one recording, counted after writing.

    Attributes:
        rows: Number of rows.
        nulls: Number of missing values in each column.
        file_digest: SHA-256 of the table's file.
    """

    rows: int = 0
    nulls: Sequence[int] = ()
    file_digest: str | None = None


class _Input(NamedTuple):
    """The TSV of a recording after it was checked.

    Attributes:
        recording: The recording.
        columns: Columns that its schema file declares.
        refusal: Refusal of a TSV or schema file that is missing or damaged.
    """

    recording: PendingRecording
    columns: Sequence[Mapping[str, Any]] = ()
    refusal: RecordingRefused | None = None


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
    recordings = pending_recordings(STAGE, lambda _recording: CODE_VERSION, deps, request)
    if not recordings:
        return StageSummary(STAGE, request.day)
    started_at = deps.clock()
    new = {each.id for each in recordings}
    files_before = _files_in_use(deps, request.day)
    ledger.begin(deps.engine, STAGE, list(new), request.run_id, started_at)
    to_write = _recordings_to_write(deps, request.day, recordings)
    with ThreadPoolExecutor(deps.workers) as pool:
        inputs = list(pool.map(partial(_verify, deps), to_write))
    landed = _write_table(deps, request, spark, [each for each in inputs if not each.refusal])
    results = [
        _result(each, landed.get(each.recording.id, LandedRows()), started_at, deps.clock())
        for each in inputs
    ]
    results = [each for each in results if each.id in new or each.state != "done"]
    ledger.finish(deps.engine, STAGE, request.day, request.run_id, results)
    remove_unused_files(deps, request.day, files_before)
    request.progress(STAGE, len(recordings), len(recordings))
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


def _verify(deps: Dependencies, recording: PendingRecording) -> _Input:
    """Checks the TSV and the schema file of a recording against their digests.

    One damaged file must not fail the job for all.
    """
    try:
        read_input(deps, recording)
        digest = recording.input_measurements["schema_file"]
        schema = integrity.read_file(deps.lake, _schema_path(recording), digest)
    except RecordingRefused as error:
        return _Input(recording, refusal=error)
    return _Input(recording, json.loads(schema)["columns"])


def _schema_path(recording: PendingRecording) -> str:
    return f"{recording.input_path.rpartition('/')[0]}/{SCHEMA_FILE}"


def _write_table(
    deps: Dependencies,
    request: StageRequest,
    spark: Callable[[], SparkSession],
    inputs: Sequence[_Input],
) -> Mapping[str, LandedRows]:
    """Rewrites every file that the recordings belong to, and counts what landed, by recording."""
    if not inputs:
        return {}
    groups: dict[tuple[str, str], dict[str, list[_Input]]] = defaultdict(lambda: defaultdict(list))
    for each in inputs:
        layout, schema, tail = _file_key(each.recording)
        groups[layout, schema][tail].append(each)
    session = spark()
    landed: dict[str, LandedRows] = {}
    try:
        for (layout, schema), tails in groups.items():
            with logger.contextualize(stage=STAGE, run=request.run_id):
                landed |= _write_group(session, deps, request, layout, schema, tails)
    except PySparkException as error:
        raise SparkError(f"ingest of {request.day}: {str(error).splitlines()[0]}") from error
    return landed


def _write_group(
    session: SparkSession,
    deps: Dependencies,
    request: StageRequest,
    layout: str,
    schema: str,
    tails: Mapping[str, Sequence[_Input]],
) -> Mapping[str, LandedRows]:
    """Writes the files of all aircraft with one layout and schema, in one job."""
    tasks = [[_tsv_file(each.recording) for each in inputs] for inputs in tails.values()]
    scratch = f"{STAGE}/_scratch/{request.day}-{schema}"
    rows = _read_rows(session, deps, _spark_schema(next(iter(tails.values()))[0].columns), tasks)
    writer = rows.write.mode("overwrite").option("parquet.block.size", ROW_GROUP_BYTES)
    writer.parquet(deps.lake.path(scratch))
    landed: dict[str, LandedRows] = {}
    for part in deps.lake.files(scratch, ".parquet"):
        content = deps.lake.read(part)
        table = pq.read_table(pa.BufferReader(content))
        if table.num_rows:
            path = file_path(request.day, layout, schema, table["tail"][0].as_py())
            deps.lake.move(part, path)
            ledger.replace_file_digest(deps.engine, STAGE, request.day, path, sha256(content))
            landed |= _count_rows(table, sha256(content))
    deps.lake.remove_folder(scratch)
    return landed


def _spark_schema(columns: Sequence[Mapping[str, Any]]) -> t.StructType:
    """Columns of a TSV, as the schema file beside it declares them, then those of its folders."""
    fields = [t.StructField(column_of(c["name"]), TYPES[c["type"]]) for c in columns]
    fields += [t.StructField(name, t.StringType()) for name in FOLDERS]
    return t.StructType(fields)


def _read_rows(
    session: SparkSession,
    deps: Dependencies,
    schema: t.StructType,
    tasks: Sequence[Sequence[TsvFile]],
) -> DataFrame:
    """Rows of all tasks, one partition per task, so that an aircraft's rows stay together."""
    numbers = session.range(0, len(tasks), 1, len(tasks))
    read_rows = tsv_reader.map_function(deps.lake, tasks, to_arrow_schema(schema))
    return numbers.mapInArrow(read_rows, schema)


def _tsv_file(recording: PendingRecording) -> TsvFile:
    path = recording.input_path
    folders = dict(step.split("=", 1) for step in path.split("/") if "=" in step)
    return TsvFile(path, recording.input_file_digest, {name: folders[name] for name in FOLDERS})


def _count_rows(table: pa.Table, file_digest: str) -> Mapping[str, LandedRows]:
    """Rows and missing values of every recording in a file that was read back."""
    return {
        recording: LandedRows(
            rows.num_rows,
            [column.null_count for column in rows.drop_columns(_NOT_COUNTED).columns],
            file_digest,
        )
        for recording, rows in by_recording(table.to_batches())
    }


def _result(
    given: _Input, landed: LandedRows, started_at: datetime, finished_at: datetime
) -> StageResult:
    """Done when as many rows and missing values landed as were stored; otherwise quarantined."""
    recording, refusal = given.recording, given.refusal
    if refusal:
        return quarantine_result(recording.id, refusal, CODE_VERSION, started_at, finished_at)
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
