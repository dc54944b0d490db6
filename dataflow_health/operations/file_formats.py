"""Tables as CSV, JSON or Parquet, part by part."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from dataflow_health.plain_text import shown

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""First characters of a text that a spreadsheet runs as a formula."""


class FileFormat(NamedTuple):
    """A format of files.

    Attributes:
        media_type: Its name in HTTP.
        write: Parts of a file with some tables, which have the columns of a schema.
    """

    media_type: str
    write: Callable[[pa.Schema, Iterable[pa.Table]], Iterator[bytes]]


def _csv(schema: pa.Schema, tables: Iterable[pa.Table]) -> Iterator[bytes]:
    yield _csv_lines([schema.names])
    for table in tables:
        columns = [column.to_pylist() for column in table.columns]
        yield _csv_lines([map(cell, row) for row in zip(*columns, strict=True)])


def _csv_lines(rows: Iterable[Iterable[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def cell(value: object) -> str:
    """One cell; a text that a spreadsheet would run as a formula begins with an apostrophe."""
    if not isinstance(value, str):
        return "" if value is None else str(value)
    text = shown(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _json(_schema: pa.Schema, tables: Iterable[pa.Table]) -> Iterator[bytes]:
    """One list of objects."""
    before = "["
    for table in tables:
        for row in table.to_pylist():
            yield (before + json.dumps(row, default=datetime.isoformat)).encode()
            before = ",\n"
    yield b"[]" if before == "[" else b"]"


def _parquet(schema: pa.Schema, tables: Iterable[pa.Table]) -> Iterator[bytes]:
    """A row group of each table."""
    sink = _Sink()
    with pq.ParquetWriter(sink, schema) as writer:
        for table in tables:
            writer.write_table(table)
            yield sink.taken()
    yield sink.taken()


class _Sink(io.RawIOBase):
    """A file whose bytes are taken out as they are written."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, content: object) -> int:
        part = bytes(content)  # type: ignore[call-overload]
        self._parts.append(part)
        self._size += len(part)
        return len(part)

    def tell(self) -> int:
        return self._size

    def taken(self) -> bytes:
        """The bytes written since the last call."""
        parts, self._parts = self._parts, []
        return b"".join(parts)


FORMATS = {
    "csv": FileFormat("text/csv; charset=utf-8", _csv),
    "json": FileFormat("application/json", _json),
    "parquet": FileFormat("application/vnd.apache.parquet", _parquet),
}
"""The formats, by the suffix of their files."""
