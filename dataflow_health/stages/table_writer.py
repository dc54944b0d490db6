"""Writes files of the analytics table inside Spark's workers, by Arrow.

A file is made of the TSVs of one aircraft and day, one row group, and is read back from the lake
and counted by the same task. Only those counts leave the worker. A TSV or schema file that is
missing or damaged refuses its own recording.
"""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from dataflow_health.errors import RecordingRefused
from dataflow_health.stages import tsv_format
from dataflow_health.stages.arrow_batches import by_recording
from dataflow_health.stages.table_column import column_of
from dataflow_health.stages.tsv_format import Column
from dataflow_health.storage.files import integrity
from dataflow_health.storage.files.lake import Lake

TYPES = {"int": pa.int32(), "double": pa.float64(), "string": pa.string()}
"""Arrow type of each type in the schema file. Numbers are DOUBLE: with FLOAT, limits that lie on a
count's step find other events."""

NOT_COUNTED = ["arrival_day", "tail"]
"""Columns of the table whose missing values are not compared with the TSV's."""

LANDED_SCHEMA = pa.schema(
    [
        ("recording", pa.string()),
        ("rows", pa.int64()),
        ("nulls", pa.list_(pa.int64())),
        ("file_digest", pa.string()),
        ("reason", pa.string()),
        ("detail", pa.string()),
    ]
)
"""One row per recording: what the file holds of it, or why it was refused."""

SPARK_SCHEMA = (
    "recording string, rows bigint, nulls array<bigint>, file_digest string, "
    "reason string, detail string"
)
""":data:`LANDED_SCHEMA` in Spark's words."""


@dataclass(frozen=True)
class TsvFile:
    """The TSV of one recording, and the schema file beside it.

    Attributes:
        recording: Id of the recording.
        path: Path of the TSV in the lake.
        digest: SHA-256 of the TSV.
        schema_path: Path of the schema file.
        schema_digest: SHA-256 of the schema file.
        folders: Partition values of the path, which become text columns.
    """

    recording: str
    path: str
    digest: str
    schema_path: str
    schema_digest: str
    folders: Mapping[str, str]


@dataclass(frozen=True)
class TableFileRequest:
    """One file of the table to write.

    Attributes:
        path: Path in the lake to write to.
        sources: TSVs of its recordings, which have the same columns.
    """

    path: str
    sources: Sequence[TsvFile]


def write_file(lake: Lake, request: TableFileRequest) -> Iterator[pa.RecordBatch]:
    """Writes a file and reads it back; no file when every recording is refused.

    Args:
        lake: Files of the stages; every worker can read and write it.
        request: The file to write.

    Yields:
        Rows of :data:`LANDED_SCHEMA`, in one batch.

    Raises:
        StorageError: The lake cannot be read or written.
    """
    parts: list[pa.Table] = []
    landed: list[dict[str, object]] = []
    for source in request.sources:
        try:
            parts.append(read_rows(lake, source))
        except RecordingRefused as error:
            landed.append(
                {"recording": source.recording, "reason": error.reason, "detail": error.detail}
            )
    if parts:
        digest = lake.write(request.path, _to_parquet(pa.concat_tables(parts)))
        landed += _count_rows(integrity.read_file(lake, request.path, digest), digest)
    yield pa.RecordBatch.from_pylist(landed, LANDED_SCHEMA)


def read_rows(lake: Lake, source: TsvFile) -> pa.Table:
    """Rows of a TSV, with its partition values as columns.

    Args:
        lake: Files of the stages.
        source: The TSV.

    Raises:
        RecordingRefused: The TSV or its schema file is missing or damaged.
        StorageError: The lake cannot be read.
    """
    content = integrity.read_file(lake, source.path, source.digest)
    declared = integrity.read_file(lake, source.schema_path, source.schema_digest)
    columns = tuple(Column(**each) for each in json.loads(declared)["columns"])
    rows = tsv_format.decode(content, source.path.rpartition(".")[2], columns).to_arrow()
    table = rows.rename_columns([column_of(c.name) for c in columns]).cast(
        pa.schema([(column_of(c.name), TYPES[c.type]) for c in columns])
    )
    for name, value in source.folders.items():
        table = table.append_column(name, pa.repeat(value, table.num_rows))
    return table


def _to_parquet(table: pa.Table) -> memoryview:
    """A Parquet file of one row group, so that no reader gets half of a recording."""
    sink = io.BytesIO()
    pq.write_table(table, sink, row_group_size=max(table.num_rows, 1), compression="snappy")
    return sink.getbuffer()


def _count_rows(content: bytes, file_digest: str) -> list[dict[str, object]]:
    """Rows and missing values of every recording in a file that was read back."""
    table = pq.read_table(pa.BufferReader(content), use_threads=False)
    return [
        {
            "recording": recording,
            "rows": rows.num_rows,
            "nulls": [column.null_count for column in rows.drop_columns(NOT_COUNTED).columns],
            "file_digest": file_digest,
        }
        for recording, rows in by_recording(table.to_batches())
    ]
