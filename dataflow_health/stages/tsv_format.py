"""The TSV format: one row per second, one column per sample of a parameter.

The samples of a faster parameter are columns ``roll_deg.0`` to ``roll_deg.3``. This is the smallest
lossless form, and every rate is aligned in it. Numbers are the shortest decimals that read back to
the same float64.
"""

import gzip
import io
import json
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import zstandard

from dataflow_health.errors import RecordingRefused
from dataflow_health.flight.parameter import to_values
from dataflow_health.flight.recording import DecodedRecording, Series
from dataflow_health.storage.files.lake import sha256

pl.Series(np.zeros(0))
"""Polars imports numpy at the first array, which fails when two threads have one at once."""

COMPRESSION_LEVEL = 1

TYPES = {"int": pl.Int32, "double": pl.Float64, "string": pl.String}
"""Type in memory of each type in the schema file, and of the table's column. Numbers are DOUBLE:
with FLOAT, limits that lie on a count's step find other events."""


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


def to_data_frame(decoded: DecodedRecording) -> tuple[pl.DataFrame, tuple[Column, ...]]:
    """A recording as a table with one row per second, and its columns; null without a sample."""
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
    """Engineering values in every row of the recording; NaN, or None for text, without a sample."""
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
    """Replaces characters such as a tab or a line end, which would break the row."""
    return "".join(letter if letter.isprintable() else "?" for letter in word)


def _column(values: np.ndarray[Any, Any]) -> pl.Series:
    if values.dtype == object:
        return pl.Series(values.tolist(), dtype=pl.String)
    return pl.Series(np.ascontiguousarray(values), dtype=pl.Float64, nan_to_null=True)


def to_tsv(table: pl.DataFrame) -> bytes:
    """Text of the TSV, without header."""
    sink = io.BytesIO()
    table.write_csv(sink, include_header=False, separator="\t", quote_style="never")
    return sink.getvalue()  # the buffer itself, no copy


def encode(table: pl.DataFrame, codec: str) -> bytes:
    """The TSV, without header, compressed.

    Args:
        table: Rows and columns of :func:`to_data_frame`.
        codec: ``zst`` or ``gz``.
    """
    return compress(to_tsv(table), codec)


def compress(text: bytes, codec: str) -> bytes:
    """Text of a TSV, compressed with ``zst`` or ``gz``."""
    if codec == "gz":
        return gzip.compress(text, compresslevel=COMPRESSION_LEVEL, mtime=0)
    return zstandard.ZstdCompressor(level=COMPRESSION_LEVEL).compress(text)


def decompress(content: bytes, codec: str) -> bytes:
    """Text of a compressed TSV.

    Raises:
        RecordingRefused: The file is not compressed with ``zst`` or ``gz``, as said.
    """
    try:
        if codec == "gz":
            return gzip.decompress(content)
        return zstandard.ZstdDecompressor().decompress(content)
    except (zstandard.ZstdError, OSError, EOFError) as error:
        raise _unreadable(error) from None


def decode(content: bytes, codec: str, columns: tuple[Column, ...]) -> pl.DataFrame:
    """Reads a compressed TSV with its declared columns.

    Raises:
        RecordingRefused: The file does not hold what the columns declare.
    """
    try:
        return pl.read_csv(
            decompress(content, codec),
            has_header=False,
            separator="\t",
            quote_char=None,
            schema={column.name: TYPES[column.type] for column in columns},
        )
    except pl.exceptions.PolarsError as error:
        raise _unreadable(error) from None


def _unreadable(error: Exception) -> RecordingRefused:
    return RecordingRefused("tsv_unreadable", str(error).splitlines()[0])


def fingerprint(table: pl.DataFrame) -> int:
    """CRC-32 of all values of a table, bit for bit and in their places. Pure.

    A table that differs in one value, or in a few beside each other, always has another one.
    """
    crc = 0
    for column in table.iter_columns():
        if column.dtype == pl.String:
            values: Any = json.dumps(column.to_list()).encode()
        else:
            values = column.to_numpy()  # NaN for null
        crc = zlib.crc32(values, crc)
    return crc


def schema_digest(columns: tuple[Column, ...]) -> str:
    """Digest of names and types; recordings with the same digest can share one table."""
    schema = [[column.name, column.type] for column in columns]
    return sha256(json.dumps(schema).encode())[:12]
