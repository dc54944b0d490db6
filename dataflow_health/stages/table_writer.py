"""Writes files of the analytics table inside Spark's workers, by Arrow.

A file is made of the TSVs of one aircraft and day, and is read back from the lake and counted by
the same task. A row group, of whole recordings, is in memory at a time. Only those counts leave the
worker. A TSV or schema file that is missing or damaged refuses its own recording.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dataflow_health.errors import RecordingRefused
from dataflow_health.stages import tsv_format
from dataflow_health.stages.table_column import column_of
from dataflow_health.stages.tsv_format import Column
from dataflow_health.storage.files import integrity
from dataflow_health.storage.files.lake import Lake, file_sha256

CELLS_PER_GROUP = 1 << 22
"""Values in one row group at most, unless one recording has more: 32 MB of numbers. Recordings that
are shorter share one, as each group costs some bytes for every column."""

COLUMNS_AT_A_TIME = 32
"""Columns of a row group that are read back together."""

NOT_COUNTED = frozenset({"arrival_day", "tail", "recording"})
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
        values: Fingerprint of the values that the TSV was made of; None when it is not known.
    """

    recording: str
    path: str
    digest: str
    schema_path: str
    schema_digest: str
    folders: Mapping[str, str]
    values: int | None = None


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
    landed: list[Mapping[str, object]] = []
    folder = request.path.rpartition("/")[0]
    with lake.workplace(folder) as work:
        file = work / "samples.parquet"
        if _write_groups(file, _row_groups(lake, request.sources, landed)):
            digest = file_sha256(file)
            lake.adopt(file, request.path)
            landed += _count_rows(lake, request.path, digest)
    yield pa.RecordBatch.from_pylist(landed, LANDED_SCHEMA)


def _row_groups(
    lake: Lake, sources: Sequence[TsvFile], refused: list[Mapping[str, object]]
) -> Iterator[pa.Table]:
    """Rows of the recordings, a row group at a time; adds those that cannot be read to a list."""
    parts: list[pl.DataFrame] = []
    for source in sources:
        try:
            rows = read_rows(lake, source)
        except RecordingRefused as error:
            refused.append(
                {"recording": source.recording, "reason": error.reason, "detail": error.detail}
            )
            continue
        if parts and _cells([*parts, rows]) > CELLS_PER_GROUP:
            yield to_arrow(parts)
            parts = []
        parts.append(rows)
    if parts:
        yield to_arrow(parts)


def _cells(tables: Sequence[pl.DataFrame]) -> int:
    return sum(table.height * table.width for table in tables)


def to_arrow(parts: Sequence[pl.DataFrame]) -> pa.Table:
    """Rows of some recordings, with the types of the table. Pure."""
    rows = pa.concat_tables([pa.table(part) for part in parts])
    kinds = [pa.string() if pa.types.is_string_view(t) else t for t in rows.schema.types]
    return rows.cast(pa.schema(zip(rows.column_names, kinds, strict=True)))


def _write_groups(file: Path, groups: Iterator[pa.Table]) -> bool:
    """Writes a Parquet file of such row groups; False, and no file, without any."""
    first = next(groups, None)
    if first is None:
        return False
    with pq.ParquetWriter(file, first.schema, compression="snappy") as writer:
        for group in chain([first], groups):
            writer.write_table(group, row_group_size=max(group.num_rows, 1))
    return True


def read_rows(lake: Lake, source: TsvFile) -> pl.DataFrame:
    """Rows of a TSV, with its partition values as columns.

    Args:
        lake: Files of the stages.
        source: The TSV.

    Raises:
        RecordingRefused: The TSV or its schema file is missing or damaged, or the TSV reads as
            other values than it was made of.
        StorageError: The lake cannot be read.
    """
    content = integrity.read_file(lake, source.path, source.digest)
    declared = integrity.read_file(lake, source.schema_path, source.schema_digest)
    columns = tuple(Column(**each) for each in json.loads(declared)["columns"])
    rows = tsv_format.decode(content, source.path.rpartition(".")[2], columns)
    rows = rows.rechunk()  # copied once here, and not in each of the next steps
    if source.values not in {None, tsv_format.fingerprint(rows)}:
        raise RecordingRefused("tsv_differs", f"{source.path} reads as other values than stored")
    rows.columns = [column_of(column.name) for column in columns]
    return rows.with_columns(pl.lit(value).alias(name) for name, value in source.folders.items())


def _count_rows(lake: Lake, path: str, file_digest: str) -> Iterator[Mapping[str, object]]:
    """Rows and missing values of every recording in a file that is read back from the lake."""
    with integrity.local_copy(lake, path, file_digest) as local:
        integrity.verify_file(local, path, file_digest)
        with pa.OSFile(str(local)) as source:
            parquet = pq.ParquetFile(source)
            for group in range(parquet.num_row_groups):
                for recording, rows, nulls in _count_group(parquet, group):
                    yield {
                        "recording": recording,
                        "rows": rows,
                        "nulls": nulls,
                        "file_digest": file_digest,
                    }


def _count_group(parquet: pq.ParquetFile, group: int) -> Iterator[tuple[str, int, Sequence[int]]]:
    """Id, rows and missing values in each column of the recordings in a row group.

    A few columns at a time: they take the memory of those before, which is still in the cache.
    """
    [ids] = parquet.read_row_group(group, ["recording"], use_threads=False).columns
    runs = pc.run_end_encode(ids.combine_chunks(), run_end_type=pa.int64())
    ends = runs.run_ends.to_pylist()
    starts = [0, *ends[:-1]]
    nulls: list[list[int]] = [[] for _ in ends]
    names = [name for name in parquet.schema_arrow.names if name not in NOT_COUNTED]
    for first in range(0, len(names), COLUMNS_AT_A_TIME):
        some = names[first : first + COLUMNS_AT_A_TIME]
        for column in parquet.read_row_group(group, some, use_threads=False).columns:
            for found, start, end in zip(nulls, starts, ends, strict=True):
                found.append(column.slice(start, end - start).null_count)
    for id_, start, end, found in zip(runs.values.to_pylist(), starts, ends, nulls, strict=True):
        yield id_, end - start, found
