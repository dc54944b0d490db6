"""A decoded recording as one Arrow table: integer counts, one row per second.

A parameter faster than 1 Hz is a fixed-size list column, so that its samples are in time order and
compress as one series; a parameter slower than 1 Hz has nulls. The declarations of the parameters
are in the metadata, so that a file can be read without the layout.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from dataflow_health.flight.layout import Parameter
from dataflow_health.flight.recording import Counts, DecodedRecording, Series

_METADATA_KEY = b"dataflow_health"


def to_table(decoded: DecodedRecording, about: Mapping[str, str]) -> pa.Table:
    """A decoded recording as a table.

    Args:
        decoded: The recording.
        about: Further metadata: recording id, tail, layout, versions.
    """
    size = len(decoded.second)
    arrays = [pa.array(decoded.second, pa.int32())]
    fields = [pa.field("second", pa.int32(), nullable=False)]
    for name, series in decoded.series.items():
        array = _column(series, size)
        arrays.append(array)
        fields.append(pa.field(name, array.type, metadata=_metadata(series)))
    head = {
        "about": dict(about),
        "started_at": decoded.started_at.isoformat() if decoded.started_at else None,
        "encoding": decoded.encoding,
        "duration_s": decoded.duration_s,
        "lost_s": decoded.lost_s,
    }
    return pa.table(arrays, schema=pa.schema(fields, {_METADATA_KEY: json.dumps(head).encode()}))


def from_table(table: pa.Table) -> DecodedRecording:
    """The decoded recording of a table, equal count for count; unsynced regions are not stored."""
    head = json.loads(table.schema.metadata[_METADATA_KEY])
    started = head["started_at"]
    return DecodedRecording(
        second=table["second"].to_numpy().astype(np.int32),
        series={f.name: _series(table[f.name], f.metadata) for f in list(table.schema)[1:]},
        started_at=datetime.fromisoformat(started) if started else None,
        encoding=head["encoding"],
        duration_s=head["duration_s"],
        lost_s=head["lost_s"],
    )


def about(table: pa.Table) -> Mapping[str, str]:
    """Further metadata of a table, as given to :func:`to_table`."""
    found: Mapping[str, str] = json.loads(table.schema.metadata[_METADATA_KEY])["about"]
    return found


def parameters(schema: pa.Schema) -> Mapping[str, Parameter]:
    """Declarations of the parameters of a table, by name."""
    return {
        field.name: _declaration(field.metadata[_METADATA_KEY])[0] for field in list(schema)[1:]
    }


def samples_in_row(field: pa.Field) -> int:
    """Samples of a parameter in one second that has any."""
    return field.type.list_size if pa.types.is_fixed_size_list(field.type) else 1


def _column(series: Series, size: int) -> pa.Array:
    rate = series.counts.shape[1]
    counts = series.counts
    validity = None
    if len(series.rows) != size:
        counts = np.zeros((size, rate), series.counts.dtype)
        counts[series.rows] = series.counts
        missing = np.ones(size, bool)
        missing[series.rows] = False
        validity = pa.array(missing)
    values = pa.array(counts.ravel().astype(_count_type(series.counts)))
    if rate == 1:
        return values if validity is None else pa.array(values.to_numpy(), mask=missing)
    return pa.FixedSizeListArray.from_arrays(values, rate, mask=validity)


def _count_type(counts: Counts) -> type[np.int16 | np.int32]:
    """int16 where every count fits: half the memory and a shorter delta encoding."""
    if counts.size and (counts.min() < -(2**15) or counts.max() >= 2**15):
        return np.int32
    return np.int16


def _metadata(series: Series) -> dict[bytes, bytes]:
    parameter = series.parameter.model_dump(mode="json", exclude_defaults=True)
    declaration: dict[str, Any] = {
        "parameter": parameter | {"conversion": series.parameter.conversion.model_dump()},
        "offsets_s": series.offsets_s,
        "text": series.text,
    }
    return {_METADATA_KEY: json.dumps(declaration).encode()}


@lru_cache(maxsize=4096)
def _declaration(metadata: bytes) -> tuple[Parameter, tuple[float, ...], tuple[str, ...]]:
    """Parameter, offsets and words; cached, as they are the same in all recordings of a layout."""
    declaration = json.loads(metadata)
    parameter = Parameter.model_validate(declaration["parameter"])
    return parameter, tuple(declaration["offsets_s"]), tuple(declaration["text"])


def _series(column: pa.ChunkedArray, metadata: Mapping[bytes, bytes]) -> Series:
    parameter, offsets_s, text = _declaration(metadata[_METADATA_KEY])
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks)
    present = np.asarray(array.is_valid())
    rows = np.flatnonzero(present).astype(np.int32)
    if pa.types.is_integer(array.type):
        counts = array.drop_null().to_numpy(zero_copy_only=False).reshape(-1, 1)
    else:
        counts = array.drop_null().flatten().to_numpy(zero_copy_only=False)
        counts = counts.reshape(-1, array.type.list_size)
    return Series(
        parameter=parameter,
        rows=rows,
        counts=counts.astype(np.int32),
        offsets_s=offsets_s,
        text=text,
    )
