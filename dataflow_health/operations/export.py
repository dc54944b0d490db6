"""Findings and series as tables, and tables as CSV, JSON or Parquet files.

Findings are read and written a few thousand at a time, so that millions of them need little memory.
With a key of pseudonyms, no tail is in them.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
from sqlalchemy import Engine

from dataflow_health.errors import NotAllowed
from dataflow_health.operations import parameter_file, series
from dataflow_health.operations.file_formats import FORMATS
from dataflow_health.pseudonyms import Pseudonyms
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.queries import findings, known_tails
from dataflow_health.storage.queries.findings import FindingEntryRow, FindingFilter

_TIME = pa.timestamp("us", tz="UTC")
FINDINGS = pa.schema(
    [
        ("recording", pa.string()), ("algorithm", pa.string()), ("number", pa.int32()),
        ("tail", pa.string()), ("severity", pa.string()), ("start_s", pa.float64()),
        ("end_s", pa.float64()), ("start_at", _TIME), ("peak", pa.float64()),
        ("peak_at_s", pa.float64()), ("detail", pa.string()), ("state", pa.string()),
        ("reason", pa.string()), ("operator", pa.string()), ("judged_at", _TIME),
    ]
)  # fmt: skip
"""Columns of a file of findings; one each field of a row."""


def finding_tables(
    engine: Engine,
    chosen: FindingFilter,
    pseudonyms: Pseudonyms | None = None,
    *,
    is_whole: bool = True,
) -> Iterator[pa.Table]:
    """Findings that match, newest first, with what people judged of them; a part at a time.

    Args:
        engine: Database of the results.
        chosen: Findings to select.
        pseudonyms: Names of the aircraft in the file, if not their own.
        is_whole: All that match, else the chosen page.

    Raises:
        DatabaseError: The database does not answer.
    """
    tails = known_tails.read(engine) if pseudonyms else ()
    for rows in findings.stream(engine, chosen, is_whole=is_whole):
        yield _hide(_table(rows), tails, pseudonyms)


def _table(rows: Sequence[FindingEntryRow]) -> pa.Table:
    columns = zip(*rows, strict=True)
    arrays = [pa.array(values, field.type) for values, field in zip(columns, FINDINGS, strict=True)]
    return pa.Table.from_arrays(arrays, schema=FINDINGS)


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
    tails = known_tails.read(engine) if pseudonyms else ()
    return _hide(pa.concat_tables(parts), tails, pseudonyms)


def _hide(table: pa.Table, tails: Iterable[str], pseudonyms: Pseudonyms | None) -> pa.Table:
    """The table with pseudonyms in every text, also in the reasons that people wrote."""
    if pseudonyms is None:
        return table
    for number, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            texts = table.column(number).to_pylist()
            hidden = {each: each and pseudonyms.hide(each, tails) for each in set(texts)}
            column = pa.array([hidden[each] for each in texts], field.type)
            table = table.set_column(number, field, column)
    return table


def write(tables: Iterable[pa.Table], schema: pa.Schema, path: Path) -> int:
    """Writes tables, one after the other, in the format of the file's suffix.

    Args:
        tables: The tables.
        schema: Columns of all of them.
        path: The file.

    Returns:
        Number of rows.

    Raises:
        NotAllowed: The suffix is none of :data:`FORMATS`, or the file cannot be written.
    """
    form = FORMATS.get(path.suffix.lower().removeprefix("."))
    if form is None:
        names = ", ".join(f".{name}" for name in FORMATS)
        raise NotAllowed(f"{path}: its name must end with {names}")
    rows = 0

    def counted() -> Iterator[pa.Table]:
        nonlocal rows
        for table in tables:
            rows += table.num_rows
            yield table

    try:
        with path.open("wb") as file:
            for part in form.write(schema, counted()):
                file.write(part)
    except OSError as error:
        raise NotAllowed(f"{path} cannot be written: {error.strerror}") from error
    return rows
