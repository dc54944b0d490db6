"""Samples of a recording as a stream of CSV, JSON or Parquet: one parameter at a time in memory.

One row a sample: aircraft, parameter, unit, second, time in UTC and value. With a key of
pseudonyms, the aircraft has its pseudonym.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Engine

from dataflow_health.config.catalogue import Catalogue
from dataflow_health.errors import NotAllowed
from dataflow_health.operations import parameter_file, series
from dataflow_health.operations.file_formats import FORMATS
from dataflow_health.operations.parameter_file import ParameterFile
from dataflow_health.pseudonyms import Pseudonyms
from dataflow_health.storage.files.lake import Lake

ROWS = 50_000
"""Samples converted to text at once."""

Span = tuple[float | None, float | None]
"""First and last second; None for the recording's own."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

SCHEMA = pa.schema(
    [
        pa.field("tail", pa.string()),
        pa.field("parameter", pa.string()),
        pa.field("unit", pa.string()),
        pa.field("at_s", pa.float64()),
        pa.field("at", pa.timestamp("ms", "UTC")),
        pa.field("value", pa.float64()),
    ]
)


@dataclass(frozen=True, slots=True)
class SeriesExport:
    """What is exported; everything about it has been checked.

    Attributes:
        file: File of the recording.
        names: Parameters, in order.
        span: First and last second.
        tail: Aircraft, or its pseudonym.
        catalogue: What is declared.
    """

    file: ParameterFile
    names: Sequence[str]
    span: Span
    tail: str
    catalogue: Catalogue

    def stream(self, form: str) -> Iterator[bytes]:
        """The file in a format of :data:`file_formats.FORMATS`, in parts."""
        tables = (pa.Table.from_batches([each]) for each in self._batches())
        shown = tables if form == "parquet" else map(_time_as_text, tables)
        return FORMATS[form].write(SCHEMA, shown)

    def _batches(self) -> Iterator[pa.RecordBatch]:
        opened = self.file.open()
        for name in self.names:
            decoded = parameter_file.read(self.file, [name], self.catalogue, opened)
            if name not in decoded.series:
                continue  # its mapping cannot be applied to this recording
            at_s, values = series.known_samples(decoded, name)
            first = 0 if self.span[0] is None else int(np.searchsorted(at_s, self.span[0]))
            last = len(at_s)
            if self.span[1] is not None:
                last = int(np.searchsorted(at_s, self.span[1], side="right"))
            head = {"tail": self.tail, "parameter": name}
            head["unit"] = decoded.series[name].parameter.unit
            for begin in range(first, last, ROWS):
                rows = slice(begin, min(begin + ROWS, last))
                yield _batch(head, at_s[rows], values[rows], decoded.started_at)


def prepare(
    engine: Engine,
    lake: Lake,
    catalogue: Catalogue,
    id_prefix: str,
    *,
    parameters: Sequence[str] = (),
    span: Span = (None, None),
    pseudonyms: Pseudonyms | None = None,
) -> SeriesExport:
    """Checks what is to be exported, so that nothing fails when half of it is sent.

    Args:
        engine: Database of the ledger.
        lake: Files of the stages.
        catalogue: What is declared.
        id_prefix: Id of the recording, or a unique prefix of it.
        parameters: Names of parameters; all that are not text when it is empty.
        span: First and last second.
        pseudonyms: Pseudonyms of aircraft, if there are any.

    Raises:
        NotFound: No such recording or parameter, or a parameter is text.
        NotAllowed: The file is missing or damaged, or the span ends before it begins.
        StorageError: The lake cannot be read.
        DatabaseError: The database does not answer.
    """
    if span[0] is not None and span[1] is not None and span[1] < span[0]:
        raise NotAllowed(f"the span ends at {span[1]:g} s, before it begins at {span[0]:g} s")
    file = parameter_file.find(engine, lake, id_prefix)
    for name in parameters:
        parameter_file.refuse_unknown(file, name, catalogue)
    known = parameter_file.parameters(file, catalogue)
    names = tuple(parameters) or tuple(each.name for each in known if not each.is_text)
    tail = file.recording.tail
    shown = pseudonyms.of(tail) if pseudonyms else tail
    return SeriesExport(file, names, span, shown, catalogue)


def _batch(
    head: Mapping[str, str],
    at_s: np.ndarray[tuple[int], np.dtype[np.float64]],
    values: np.ndarray[tuple[int], np.dtype[np.float64]],
    started_at: datetime | None,
) -> pa.RecordBatch:
    """Rows of one parameter; ``started_at`` is the time of second 0."""
    size = len(at_s)
    texts = [
        pa.DictionaryArray.from_arrays(np.zeros(size, np.int32), [text]).cast(pa.string())
        for text in head.values()
    ]
    at = pa.nulls(size, SCHEMA.field("at").type)
    if started_at is not None:
        zero_ms = (started_at - _EPOCH) // timedelta(milliseconds=1)
        at = pa.array(zero_ms + np.round(at_s * 1000).astype(np.int64)).cast(at.type)
    return pa.record_batch([*texts, pa.array(at_s), at, pa.array(values)], schema=SCHEMA)


def _time_as_text(table: pa.Table) -> pa.Table:
    """The rows with their time as text, empty when it is unknown."""
    place = table.schema.get_field_index("at")
    text = pc.fill_null(pc.strftime(table["at"], "%Y-%m-%dT%H:%M:%SZ"), "")
    return table.set_column(place, "at", text)
