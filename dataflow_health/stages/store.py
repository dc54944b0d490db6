"""Stage 5, store: engineering units as TSV that Spark, Hive and Hadoop read.

One row a second; the samples of a faster parameter are columns ``roll_deg.0`` to ``roll_deg.3``.
That is the smallest lossless form and every rate is aligned in it. Numbers are the shortest
decimals that read back to the same float64. ``_schema.json`` beside the file names columns, types
and units.
"""

import gzip
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from dataflow_health.errors import RecordingRefused
from dataflow_health.flight.parameter import to_values
from dataflow_health.flight.recording import DecodedRecording, Series
from dataflow_health.stages.runner import process_pending, read_input
from dataflow_health.stages.stage import Dependencies, StageRequest, StageSummary
from dataflow_health.storage.files import recording_table
from dataflow_health.storage.files.lake import partition_path, sha256
from dataflow_health.storage.ledger import pending
from dataflow_health.storage.ledger.pending import PendingRecording

STAGE = "store"
CODE_VERSION = "1"
DESCRIPTION = "Engineering values as TSV, one row per second, with the schema beside the file."
KINDS = frozenset({"tsv", "polars"})
LEVEL = 1
SCHEMA_FILE = "_schema.json"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the TSV.

    Attributes:
        name: ``parameter`` or ``parameter.sample``.
        type: ``int``, ``double`` or ``string``, as Hive spells them.
        unit: Engineering unit.
        offset_s: Time of the sample after the row's second.
    """

    name: str
    type: str
    unit: str
    offset_s: float


def run(deps: Dependencies, request: StageRequest, *, codec: str) -> StageSummary:
    """Stores the day's compressed recordings.

    Args:
        deps: What to work with.
        request: What is asked.
        codec: ``zst`` or ``gz``.

    Raises:
        StorageError: Bytes cannot be read or kept.
        DatabaseError: The ledger does not answer.
    """
    version = f"{CODE_VERSION}-{codec}"
    todo = pending.recordings(
        deps.engine,
        STAGE,
        request.day,
        lambda _row: version,
        force=request.force,
        only=request.only,
    )
    return process_pending(
        STAGE, todo, lambda _row: version, lambda row: _store(deps, row, codec), deps, request
    )


def frame(decoded: DecodedRecording) -> tuple[pl.DataFrame, tuple[Column, ...]]:
    """A recording as one row a second, and its columns; null where nothing was sampled."""
    data: dict[str, pl.Series] = {"second": pl.Series(decoded.second, dtype=pl.Int32)}
    columns = [Column("second", "int", "s", 0.0)]
    for name, series in decoded.series.items():
        rate = series.counts.shape[1]
        values = _values(series, len(decoded.second))
        for sample in range(rate):
            column = name if rate == 1 else f"{name}.{sample}"
            data[column] = _column(values[:, sample])
            kind = "string" if series.parameter.is_text else "double"
            offset_s = series.offsets_s[sample]
            columns.append(Column(column, kind, series.parameter.unit, offset_s))
    return pl.DataFrame(data), tuple(columns)


def _values(series: Series, size: int) -> np.ndarray[Any, Any]:
    """Engineering values on every row of the recording: NaN, or None for text, between samples."""
    if series.parameter.is_text:
        words = np.array([*(_tsv_safe(word) or None for word in series.text), None], dtype=object)
        spread = np.full((size, series.counts.shape[1]), None, dtype=object)
        spread[series.rows] = words[series.counts]
        return spread
    values = to_values(series)
    if len(series.rows) == size:
        return values
    spread = np.full((size, values.shape[1]), np.nan)
    spread[series.rows] = values
    return spread


def _tsv_safe(word: str) -> str:
    """A recorder's characters may be anything; a tab or line end would break the row."""
    return "".join(letter if letter.isprintable() else "?" for letter in word)


def _column(values: np.ndarray[Any, Any]) -> pl.Series:
    if values.dtype == object:
        return pl.Series(values.tolist(), dtype=pl.String)
    return pl.Series(np.ascontiguousarray(values), dtype=pl.Float64, nan_to_null=True)


def text(table: pl.DataFrame) -> memoryview:
    """The TSV without header."""
    sink = io.BytesIO()
    table.write_csv(sink, include_header=False, separator="\t", quote_style="never")
    return sink.getbuffer()


def encode(table: pl.DataFrame, codec: str) -> bytes:
    """The TSV without header, compressed."""
    if codec == "gz":
        return gzip.compress(text(table), compresslevel=LEVEL, mtime=0)
    return zstandard.ZstdCompressor(level=LEVEL).compress(text(table))


def decode(content: bytes, codec: str, columns: tuple[Column, ...]) -> pl.DataFrame:
    """Reads a TSV with its declared schema.

    Raises:
        RecordingRefused: It does not hold what the schema declares.
    """
    kinds = {"int": pl.Int32, "double": pl.Float64, "string": pl.String}
    try:
        plain = (
            gzip.decompress(content)
            if codec == "gz"
            else zstandard.ZstdDecompressor().decompress(content)
        )
        return pl.read_csv(
            plain,
            has_header=False,
            separator="\t",
            quote_char=None,
            schema={column.name: kinds[column.type] for column in columns},
        )
    except (pl.exceptions.PolarsError, zstandard.ZstdError, OSError, EOFError) as error:
        raise RecordingRefused("tsv_unreadable", str(error).splitlines()[0]) from None


def schema_digest(columns: tuple[Column, ...]) -> str:
    """The same for recordings that can share one table."""
    told = [[column.name, column.type] for column in columns]
    return sha256(json.dumps(told).encode())[:12]


def _store(deps: Dependencies, row: PendingRecording, codec: str) -> dict[str, Any]:
    raw = read_input(deps, row)
    decoded = recording_table.from_table(pq.read_table(pa.BufferReader(raw)))
    table, columns = frame(decoded)
    folder = _folder(row, columns)
    path = f"{folder}/samples.tsv.{codec}"
    content = encode(table, codec)
    schema = json.dumps(_schema(row, columns), indent=1).encode()
    deps.lake.write(f"{folder}/{SCHEMA_FILE}", schema)
    digest = deps.lake.write(path, content)
    reread = decode(deps.lake.read(path), codec, columns)
    if not reread.equals(table):
        raise RecordingRefused("tsv_differs", f"{path} does not read back as it was written")
    return {
        "bytes_in": len(raw),
        "bytes_out": len(content),
        "rows_in": len(decoded.second),
        "rows_out": reread.height,
        "output_path": path,
        "output_digest": digest,
        "measurements": {
            "schema": schema_digest(columns),
            "columns": len(columns),
            "nulls": reread.null_count().row(0),
        },
    }


def _folder(row: PendingRecording, columns: tuple[Column, ...]) -> str:
    place = partition_path(
        layout=row.layout or row.recorder,
        schema=schema_digest(columns),
        arrival_day=row.arrival_day,
        tail=row.tail,
        recording=row.id,
    )
    return f"{STAGE}/{place}"


def _schema(row: PendingRecording, columns: tuple[Column, ...]) -> Mapping[str, Any]:
    return {
        "recording": row.id,
        "tail": row.tail,
        "separator": "\t",
        "null": "",
        "columns": [
            {"name": c.name, "type": c.type, "unit": c.unit, "offset_s": c.offset_s}
            for c in columns
        ],
    }
