"""Stage 4, compress: what the recorder said, for ever: integer counts in Parquet, bit-exact.

Delta encoding and zstd reach a fifth of the packed input, because neighbouring counts are close;
engineering values would take four times as much and say no more.
"""

import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dataflow_health.errors import RecordingRefused
from dataflow_health.stages.runner import process_pending, read_input
from dataflow_health.stages.stage import Dependencies, StageRequest, StageSummary
from dataflow_health.storage.files.lake import partition_path
from dataflow_health.storage.ledger import pending
from dataflow_health.storage.ledger.pending import PendingRecording

STAGE = "compress"
CODE_VERSION = "1"
DESCRIPTION = "Counts and their conversion in Parquet, proved bit-exact by reading them back."
KINDS = frozenset({"parquet"})
ZSTD_LEVEL = 1
"""Levels 1 to 3 give the same size here; 9 and above cost three to ten times the time."""


def run(deps: Dependencies, request: StageRequest) -> StageSummary:
    """Compresses the day's parsed recordings.

    Raises:
        StorageError: Bytes cannot be read or kept.
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
    return process_pending(
        STAGE, todo, lambda _row: CODE_VERSION, lambda row: _compress(deps, row), deps, request
    )


def encode(table: pa.Table) -> memoryview:
    """One Parquet file of a table of counts; one row group, so that a recording is read at once."""
    sink = io.BytesIO()
    pq.write_table(
        table,
        sink,
        compression="zstd",
        compression_level=ZSTD_LEVEL,
        use_dictionary=False,
        write_statistics=False,
        column_encoding={_leaf(field): "DELTA_BINARY_PACKED" for field in table.schema},
        row_group_size=max(table.num_rows, 1),
    )
    return sink.getbuffer()


def _leaf(field: pa.Field) -> str:
    return field.name if pa.types.is_integer(field.type) else f"{field.name}.list.element"


def _compress(deps: Dependencies, row: PendingRecording) -> dict[str, Any]:
    raw = read_input(deps, row)
    table = pa.ipc.open_file(pa.py_buffer(raw)).read_all()
    content = encode(table)
    path = f"{STAGE}/{partition_path(arrival_day=row.arrival_day, tail=row.tail)}/{row.id}.parquet"
    digest = deps.lake.write(path, content)
    exact = pq.read_table(pa.BufferReader(deps.lake.read(path))).equals(table)
    if not exact:
        raise RecordingRefused("not_bit_exact", f"{path} does not read back as it was parsed")
    return {
        "bytes_in": len(raw),
        "bytes_out": len(content),
        "rows_in": table.num_rows,
        "rows_out": table.num_rows,
        "output_path": path,
        "output_digest": digest,
        "measurements": {"exact": exact, "ratio": len(content) / row.size_bytes},
    }
