"""Stage 4, compress: keeps the recorder's integer counts for ever, bit-exact, in Parquet.

Delta encoding and zstd reach a fifth of the packed input, because neighbouring counts are close;
engineering values would take four times as much and hold no more information.
"""

import io
from functools import partial

import pyarrow as pa
import pyarrow.parquet as pq

from dataflow_health.errors import RecordingRefused
from dataflow_health.stages.runner import made_output, process_recordings, read_input
from dataflow_health.stages.stage import (
    Dependencies,
    StageRequest,
    StageSummary,
    WorkerDependencies,
)
from dataflow_health.storage.files import integrity, parquet_bytes
from dataflow_health.storage.files.lake import partition_path
from dataflow_health.storage.ledger.ledger import StageOutput
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
    return process_recordings(
        STAGE,
        lambda _recording: CODE_VERSION,
        partial(_compress, deps.of_worker),
        deps,
        request,
        made_output,
    )


def encode(table: pa.Table) -> memoryview:
    """Encodes a table of counts as a Parquet file with one row group, which is read at once."""
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


def read(content: bytes) -> pa.Table:
    """The table in a Parquet file of counts."""
    return parquet_bytes.read(parquet_bytes.open_file(content))


def _leaf(field: pa.Field) -> str:
    """Path of the Parquet column that holds a field's values."""
    return field.name if pa.types.is_integer(field.type) else f"{field.name}.list.element"


def _compress(deps: WorkerDependencies, recording: PendingRecording) -> StageOutput:
    raw = read_input(deps, recording)
    table = pa.ipc.open_file(pa.py_buffer(raw)).read_all()
    content = encode(table)
    folder = partition_path(arrival_day=recording.arrival_day, tail=recording.tail)
    path = f"{STAGE}/{folder}/{recording.id}.parquet"
    digest = deps.lake.write(path, content)
    if not read(integrity.read_file(deps.lake, path, digest)).equals(table):
        raise RecordingRefused("not_bit_exact", f"{path} does not read back as it was parsed")
    return StageOutput(
        bytes_in=len(raw),
        bytes_out=len(content),
        rows_in=table.num_rows,
        rows_out=table.num_rows,
        output_path=path,
        output_digest=digest,
        measurements={"exact": True, "ratio": len(content) / recording.size_bytes},
    )
