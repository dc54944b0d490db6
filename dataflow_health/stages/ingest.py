"""Stage 6, ingest: Spark reads the TSVs and writes the analytics table.

The table is Parquet with one file per aircraft and day and one row group per file, so a recording
is never split between tasks. A new recording of a day rewrites its aircraft's file from the TSVs:
the path stays the same, and nothing can be in the table twice.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from loguru import logger
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as t
from pyspark.sql.pandas.types import to_arrow_schema

from dataflow_health.errors import RecordingRefused, SparkError
from dataflow_health.stages import tsv_reader
from dataflow_health.stages.arrow_batches import by_recording
from dataflow_health.stages.runner import (
    done_result,
    pending_recordings,
    quarantine_result,
    summarise,
)
from dataflow_health.stages.stage import Dependencies, StageRequest, StageSummary
from dataflow_health.stages.store import SCHEMA_FILE
from dataflow_health.stages.table_column import column_of
from dataflow_health.stages.tsv_reader import TsvFile
from dataflow_health.storage.files.lake import partition_path, sha256
from dataflow_health.storage.ledger import ledger, stage_records
from dataflow_health.storage.ledger.ledger import StageOutput, StageResult
from dataflow_health.storage.ledger.pending import PendingRecording
from dataflow_health.storage.ledger.stage_records import StageRecord

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
    """

    rows: int = 0
    nulls: Sequence[int] = ()


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
    ledger.begin(deps.engine, STAGE, [each.id for each in recordings], request.run_id, started_at)
    unchanged, refusals = _verify_digests(deps, recordings)
    landed = _write_table(deps, request, spark, unchanged) if unchanged else {}
    results = [
        _result(each, landed.get(each.id, LandedRows()), started_at, deps.clock())
        for each in unchanged
    ]
    results += [
        quarantine_result(id_, error, CODE_VERSION, started_at, deps.clock())
        for id_, error in refusals
    ]
    ledger.finish(deps.engine, STAGE, request.day, request.run_id, results)
    request.progress(STAGE, len(recordings), len(recordings))
    return summarise(STAGE, request.day, results)


def file_path(day: str, layout: str, schema: str, tail: str) -> str:
    """Path in the lake of one aircraft's file of a day."""
    folder = partition_path(layout=layout, schema=schema, arrival_day=day, tail=tail)
    return f"{TABLE}/{folder}/samples.parquet"


def file_key(recording: PendingRecording | StageRecord, schema: str) -> FileKey:
    """Key of the file that a recording belongs to."""
    return recording.layout or recording.recorder, schema, recording.tail


def _verify_digests(
    deps: Dependencies, recordings: Sequence[PendingRecording]
) -> tuple[list[PendingRecording], list[tuple[str, RecordingRefused]]]:
    """Splits recordings by whether their TSV has the digest that store wrote.

    One damaged file must not fail the job for all.
    """
    unchanged, refusals = [], []
    for recording in recordings:
        digest, expected = sha256(deps.lake.read(recording.input_path)), recording.input_digest
        if digest == expected:
            unchanged.append(recording)
        else:
            detail = f"{recording.input_path}: digest {digest[:12]}, stored {expected[:12]}"
            refusals.append((recording.id, RecordingRefused("tsv_changed", detail)))
    return unchanged, refusals


def _write_table(
    deps: Dependencies,
    request: StageRequest,
    spark: Callable[[], SparkSession],
    recordings: Sequence[PendingRecording],
) -> Mapping[str, LandedRows]:
    """Rewrites every file that the recordings belong to, and counts what landed, by recording."""
    keys = {file_key(each, each.input_measurements["schema"]) for each in recordings}
    groups = _tsv_paths(deps, request.day, keys, {each.id for each in recordings})
    session = spark()
    landed: dict[str, LandedRows] = {}
    try:
        for (layout, schema), tails in groups.items():
            with logger.contextualize(stage=STAGE, run=request.run_id):
                landed |= _write_group(session, deps, request, layout, schema, tails)
    except PySparkException as error:
        raise SparkError(f"ingest of {request.day}: {str(error).splitlines()[0]}") from error
    return landed


def _tsv_paths(
    deps: Dependencies, day: str, keys: set[FileKey], new: set[str]
) -> Mapping[tuple[str, str], Mapping[str, list[str]]]:
    """TSVs of the files to rewrite, by (layout, schema) and aircraft: new ones and landed ones."""
    done = stage_records.find(deps.engine, stage=STAGE, day=day, states=["done"])
    wanted = {record.id for record in done} | new
    groups: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for record in stage_records.find(deps.engine, stage="store", day=day, states=["done"]):
        key = file_key(record, record.measurements["schema"])
        if key in keys and record.id in wanted:
            groups[key[:2]][key[2]].append(record.output_path)
    return groups


def _write_group(
    session: SparkSession,
    deps: Dependencies,
    request: StageRequest,
    layout: str,
    schema: str,
    tails: Mapping[str, list[str]],
) -> Mapping[str, LandedRows]:
    """Writes the files of all aircraft with one layout and schema, in one job."""
    tasks = [[_tsv_file(deps, path) for path in paths] for paths in tails.values()]
    scratch = f"{STAGE}/_scratch/{request.day}-{schema}"
    rows = _read_rows(session, _spark_schema(deps, next(iter(tails.values()))[0]), tasks)
    writer = rows.write.mode("overwrite").option("parquet.block.size", ROW_GROUP_BYTES)
    writer.parquet(deps.lake.path(scratch))
    landed: dict[str, LandedRows] = {}
    for part in deps.lake.files(scratch, ".parquet"):
        table = pq.read_table(pa.BufferReader(deps.lake.read(part)))
        if table.num_rows:
            tail = table["tail"][0].as_py()
            deps.lake.move(part, file_path(request.day, layout, schema, tail))
        landed |= _count_rows(table)
    deps.lake.remove_folder(scratch)
    return landed


def _spark_schema(deps: Dependencies, tsv_path: str) -> t.StructType:
    """Columns of a TSV, as the schema file beside it declares them, then those of its folders."""
    folder = tsv_path.rsplit("/", 1)[0]
    columns = json.loads(deps.lake.read(f"{folder}/{SCHEMA_FILE}"))["columns"]
    fields = [t.StructField(column_of(c["name"]), TYPES[c["type"]]) for c in columns]
    fields += [t.StructField(name, t.StringType()) for name in FOLDERS]
    return t.StructType(fields)


def _read_rows(
    session: SparkSession, schema: t.StructType, tasks: Sequence[Sequence[TsvFile]]
) -> DataFrame:
    """Rows of all tasks, one partition per task, so that an aircraft's rows stay together."""
    numbers = session.range(0, len(tasks), 1, len(tasks))
    return numbers.mapInArrow(tsv_reader.map_function(tasks, to_arrow_schema(schema)), schema)


def _tsv_file(deps: Dependencies, path: str) -> TsvFile:
    folders = dict(step.split("=", 1) for step in path.split("/") if "=" in step)
    return TsvFile(deps.lake.path(path), {name: folders[name] for name in FOLDERS})


def _count_rows(table: pa.Table) -> Mapping[str, LandedRows]:
    """Rows and missing values of every recording in a file that was read back."""
    return {
        recording: LandedRows(
            rows.num_rows,
            [column.null_count for column in rows.drop_columns(_NOT_COUNTED).columns],
        )
        for recording, rows in by_recording(table.to_batches())
    }


def _result(
    recording: PendingRecording, landed: LandedRows, started_at: datetime, finished_at: datetime
) -> StageResult:
    """Done when as many rows and missing values landed as were stored; otherwise quarantined."""
    stored_rows, stored_nulls = recording.input_rows, recording.input_measurements["nulls"]
    if landed.rows != stored_rows or list(landed.nulls) != stored_nulls:
        same = landed.rows == stored_rows
        count = "as many" if same else f"{landed.rows} of {stored_rows}"
        detail = f"{count} rows landed; nulls per column differ from the TSV's"
        error = RecordingRefused("rows_not_conserved", detail)
        return quarantine_result(recording.id, error, CODE_VERSION, started_at, finished_at)
    layout, schema, tail = file_key(recording, recording.input_measurements["schema"])
    output = StageOutput(
        rows_in=stored_rows,
        rows_out=landed.rows,
        output_path=file_path(recording.arrival_day, layout, schema, tail),
        output_digest=sha256(f"{recording.input_digest}-{CODE_VERSION}".encode()),
        measurements={
            "schema": schema,
            "nulls": sum(landed.nulls),
            "stored_nulls": sum(stored_nulls),
        },
    )
    return done_result(recording.id, output, CODE_VERSION, started_at, finished_at)
