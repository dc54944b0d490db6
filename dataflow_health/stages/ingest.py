"""Stage 6, ingest: Spark reads the TSV with its declared schema and lands the analytics table.

The table is Parquet, one file per aircraft and day, one row group a file, so a recording is never
split between tasks. A new recording of a day rewrites its aircraft's file from the TSVs: the path
is always the same, and nothing can be in the table twice.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

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
from dataflow_health.stages.runner import quarantine_result, summarise
from dataflow_health.stages.stage import Dependencies, StageRequest, StageSummary
from dataflow_health.stages.store import SCHEMA_FILE
from dataflow_health.stages.table_column import column_of
from dataflow_health.stages.tsv_reader import Tsv
from dataflow_health.storage.files.lake import partition_path, sha256
from dataflow_health.storage.ledger import ledger, pending, stage_records
from dataflow_health.storage.ledger.ledger import StageResult
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
"""Spark type by the schema file's word. DOUBLE throughout: FLOAT finds other events at thresholds
that lie on a count's step."""

Key = tuple[str, str, str]
"""Layout, schema digest and tail: what shares one file."""


def run(
    deps: Dependencies, request: StageRequest, *, spark: Callable[[], SparkSession]
) -> StageSummary:
    """Lands the day's TSVs.

    Args:
        deps: What to work with.
        request: What is asked.
        spark: Gives the session; not called when there is nothing to do.

    Raises:
        SparkError: Spark cannot start or its job failed.
        StorageError: Files cannot be read or kept.
        DatabaseError: The ledger does not answer.
    """
    todo = pending.recordings(
        deps.engine,
        STAGE,
        request.day,
        lambda _row: CODE_VERSION,
        force=request.force,
        only=request.only,
    )
    if not todo:
        return StageSummary(STAGE, request.day)
    begun = deps.clock()
    ledger.begin(deps.engine, STAGE, [row.id for row in todo], request.run_id, begun)
    sound, refusals = _verified(deps, todo)
    landed = _land(deps, request, spark, sound) if sound else {}
    passed = [_passage(deps, row, landed, begun) for row in sound]
    passed += [
        quarantine_result(id_, error, CODE_VERSION, begun, deps.clock()) for id_, error in refusals
    ]
    ledger.finish(deps.engine, STAGE, request.day, request.run_id, passed)
    request.progress(STAGE, len(todo), len(todo))
    return summarise(STAGE, request.day, passed)


def file_of(day: str, layout: str, schema: str, tail: str) -> str:
    """Where in the lake one aircraft's day is."""
    place = partition_path(layout=layout, schema=schema, arrival_day=day, tail=tail)
    return f"{TABLE}/{place}/samples.parquet"


def key_of(row: PendingRecording | StageRecord, schema: str) -> Key:
    """Which file a recording belongs to."""
    return row.layout or row.recorder, schema, row.tail


def _verified(
    deps: Dependencies, todo: Sequence[PendingRecording]
) -> tuple[list[PendingRecording], list[tuple[str, RecordingRefused]]]:
    """Rows whose TSV still has the digest that store wrote; one torn file must not fail the job."""
    sound, refusals = [], []
    for row in todo:
        found = sha256(deps.lake.read(row.input_path))
        if found == row.input_digest:
            sound.append(row)
        else:
            detail = f"{row.input_path}: digest {found[:12]}, stored {row.input_digest[:12]}"
            refusals.append((row.id, RecordingRefused("tsv_changed", detail)))
    return sound, refusals


def _land(
    deps: Dependencies,
    request: StageRequest,
    spark: Callable[[], SparkSession],
    sound: Sequence[PendingRecording],
) -> Mapping[str, Mapping[str, Any]]:
    """Writes every file the rows touch, and measures what landed, by recording."""
    touched = {key_of(row, row.input_measurements["schema"]) for row in sound}
    groups = _groups(deps, request.day, touched, {row.id for row in sound})
    session = spark()
    try:
        measured: dict[str, Mapping[str, Any]] = {}
        for (layout, schema), tails in groups.items():
            with logger.contextualize(stage=STAGE, run=request.run_id):
                measured |= _land_group(session, deps, request, layout, schema, tails)
    except PySparkException as error:
        raise SparkError(f"ingest of {request.day}: {str(error).splitlines()[0]}") from error
    return measured


def _groups(
    deps: Dependencies, day: str, touched: set[Key], fresh: set[str]
) -> dict[tuple[str, str], dict[str, list[str]]]:
    """TSV paths by (layout, schema) and tail: those of ``fresh``, and of what landed before."""
    landed = {
        row.id for row in stage_records.find(deps.engine, stage=STAGE, day=day, states=["done"])
    }
    groups: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in stage_records.find(deps.engine, stage="store", day=day, states=["done"]):
        key = key_of(row, row.measurements["schema"])
        if key in touched and row.id in landed | fresh:
            groups[key[:2]][key[2]].append(row.output_path)
    return groups


def _land_group(
    session: SparkSession,
    deps: Dependencies,
    request: StageRequest,
    layout: str,
    schema: str,
    tails: Mapping[str, list[str]],
) -> dict[str, Mapping[str, Any]]:
    first = next(iter(tails.values()))[0]
    columns = json.loads(deps.lake.read(f"{first.rsplit('/', 1)[0]}/{SCHEMA_FILE}"))["columns"]
    fields = [t.StructField(column_of(c["name"]), TYPES[c["type"]]) for c in columns]
    fields += [t.StructField(name, t.StringType()) for name in FOLDERS]
    tasks = [[_tsv(deps, path) for path in paths] for paths in tails.values()]
    scratch = f"{STAGE}/_scratch/{request.day}-{schema}"
    writer = _read(session, t.StructType(fields), tasks).write.mode("overwrite")
    writer.option("parquet.block.size", ROW_GROUP_BYTES).parquet(deps.lake.path(scratch))
    measured: dict[str, Mapping[str, Any]] = {}
    for part in deps.lake.files(scratch, ".parquet"):
        landed = pq.read_table(pa.BufferReader(deps.lake.read(part)))
        if landed.num_rows:
            deps.lake.move(part, file_of(request.day, layout, schema, landed["tail"][0].as_py()))
        measured |= _counted(landed)
    deps.lake.remove_folder(scratch)
    return measured


def _read(
    session: SparkSession, declared: t.StructType, tasks: Sequence[Sequence[Tsv]]
) -> DataFrame:
    """One partition a task: an aircraft's rows stay together, and nobody else's come between."""
    numbers = session.range(0, len(tasks), 1, len(tasks))
    return numbers.mapInArrow(tsv_reader.reader(tasks, to_arrow_schema(declared)), declared)


def _tsv(deps: Dependencies, path: str) -> Tsv:
    told = dict(step.split("=", 1) for step in path.split("/") if "=" in step)
    return Tsv(deps.lake.path(path), {name: told[name] for name in FOLDERS})


def _counted(landed: pa.Table) -> dict[str, Mapping[str, Any]]:
    """Rows and nulls of every recording in a file that was read back."""
    return {
        recording: {
            "rows": table.num_rows,
            "nulls": [column.null_count for column in table.drop_columns(_NOT_COUNTED).columns],
        }
        for recording, table in by_recording(landed.to_batches())
    }


FOLDERS = ("arrival_day", "tail", "recording")
_NOT_COUNTED = ["arrival_day", "tail"]


def _passage(
    deps: Dependencies,
    row: PendingRecording,
    landed: Mapping[str, Mapping[str, Any]],
    begun: datetime,
) -> StageResult:
    """Done when as many rows and nulls landed as were stored; otherwise refused."""
    stored = row.input_measurements
    found = landed.get(row.id, {"rows": 0, "nulls": []})
    stored_rows = row.input_rows
    if found["rows"] != stored_rows or found["nulls"] != stored["nulls"]:
        same = "as many" if found["rows"] == stored_rows else f"{found['rows']} of {stored_rows}"
        error = RecordingRefused(
            "rows_not_conserved", f"{same} rows landed; nulls per column differ from the TSV's"
        )
        return quarantine_result(row.id, error, CODE_VERSION, begun, deps.clock())
    layout, schema, tail = key_of(row, stored["schema"])
    return StageResult(
        id=row.id,
        state="done",
        code_version=CODE_VERSION,
        started_at=begun,
        finished_at=deps.clock(),
        rows_in=stored_rows,
        rows_out=found["rows"],
        output_path=file_of(row.arrival_day, layout, schema, tail),
        output_digest=sha256(f"{row.input_digest}-{CODE_VERSION}".encode()),
        measurements={
            "schema": schema,
            "nulls": sum(found["nulls"]),
            "stored_nulls": sum(stored["nulls"]),
        },
    )
