"""Findings and series as tables, and tables as CSV, JSON or Parquet files.

With a key of pseudonyms, no tail is in them.
"""

import csv
import io
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Engine

from dataflow_health.errors import NotAllowed
from dataflow_health.operations import parameter_file, series
from dataflow_health.plain_text import shown
from dataflow_health.pseudonyms import Pseudonyms
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.queries import findings, known_tails
from dataflow_health.storage.queries.findings import FindingFilter

MAX_ROWS = 1_000_000
"""Findings of one file; more are exported by time."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""First characters of a text that a spreadsheet runs as a formula."""


def finding_table(
    engine: Engine, chosen: FindingFilter, pseudonyms: Pseudonyms | None = None
) -> pa.Table:
    """Findings that match, newest first, with what people judged of them.

    Raises:
        NotAllowed: More than :data:`MAX_ROWS` match.
        DatabaseError: The database does not answer.
    """
    rows = findings.read_all(engine, chosen, MAX_ROWS + 1)
    if len(rows) > MAX_ROWS:
        raise NotAllowed(f"more than {MAX_ROWS:,} findings match: choose fewer, as by --from")
    fields = findings.FindingEntryRow._fields
    table = pa.table({name: [getattr(row, name) for row in rows] for name in fields})
    return _hide(table, engine, pseudonyms)


def series_table(
    engine: Engine,
    lake: Lake,
    id_prefix: str,
    parameters: Sequence[str],
    pseudonyms: Pseudonyms | None = None,
) -> pa.Table:
    """Every sample of parameters of a recording: aircraft, parameter, unit, second and value.

    Raises:
        NotFound: No such recording or parameter, or a parameter is text.
        NotAllowed: The file is missing or damaged.
        StorageError: The lake cannot be read.
        DatabaseError: The database does not answer.
    """
    file = parameter_file.find(engine, lake, id_prefix)
    parts = []
    for name in parameters:
        found = series.samples(file, name)
        same = {"tail": file.recording.tail, "parameter": name, "unit": found.declared.unit}
        columns = {key: [value] * len(found.at_s) for key, value in same.items()}
        parts.append(pa.table({**columns, "at_s": found.at_s, "value": found.values}))
    return _hide(pa.concat_tables(parts), engine, pseudonyms)


def _hide(table: pa.Table, engine: Engine, pseudonyms: Pseudonyms | None) -> pa.Table:
    """The table with pseudonyms in every text, also in the reasons that people wrote."""
    if pseudonyms is None:
        return table
    tails = known_tails.read(engine)
    for number, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            texts = table.column(number).to_pylist()
            hidden = {each: each and pseudonyms.hide(each, tails) for each in set(texts)}
            column = pa.array([hidden[each] for each in texts], field.type)
            table = table.set_column(number, field, column)
    return table


def _csv(table: pa.Table) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(table.column_names)
    for row in table.to_pylist():
        writer.writerow([cell(value) for value in row.values()])
    return text.getvalue().encode()


def cell(value: object) -> str:
    """One cell; a text that a spreadsheet would run as a formula begins with an apostrophe."""
    if not isinstance(value, str):
        return "" if value is None else str(value)
    text = shown(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _json(table: pa.Table) -> bytes:
    return json.dumps(table.to_pylist(), default=datetime.isoformat).encode()


def _parquet(table: pa.Table) -> bytes:
    content = pa.BufferOutputStream()
    pq.write_table(table, content)
    return bytes(content.getvalue())


FORMATS: dict[str, Callable[[pa.Table], bytes]] = {
    ".csv": _csv,
    ".json": _json,
    ".parquet": _parquet,
}
"""Functions that write a table, by the file's suffix."""


def write(table: pa.Table, path: Path) -> None:
    """Writes a table in the format of the file's suffix.

    Raises:
        NotAllowed: The suffix is none of :data:`FORMATS`, or the file cannot be written.
    """
    form = FORMATS.get(path.suffix.lower())
    if form is None:
        raise NotAllowed(f"{path}: its name must end with {', '.join(FORMATS)}")
    try:
        path.write_bytes(form(table))
    except OSError as error:
        raise NotAllowed(f"{path} cannot be written: {error.strerror}") from error
