"""The Parquet file of a recording's parameters, checked against its digest."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from dataflow_health.errors import NotAllowed, Refused
from dataflow_health.schemas import RecordedParameter
from dataflow_health.storage.files import integrity, parquet_bytes, recording_table
from dataflow_health.storage.files.lake import Lake

if TYPE_CHECKING:
    import pyarrow.parquet as pq


def require_kept(removed_at: datetime | None, recording_id: str) -> None:
    """Returns when the file was not removed by retention.

    Args:
        removed_at: When it was removed, UTC; None while it is kept.
        recording_id: Id of the recording.

    Raises:
        NotAllowed: It was removed.
    """
    if removed_at is not None:
        remedy = f"to make it again: dataflow-health rebuild {recording_id[:12]} --from compress"
        raise NotAllowed(f"removed by retention at {removed_at:%Y-%m-%d %H:%M} UTC; {remedy}")


def open_file(lake: Lake, path: str, digest: str) -> "pq.ParquetFile":
    """The file, of which nothing is decoded yet.

    Args:
        lake: Files of the stages.
        path: Path of the file in the lake.
        digest: SHA-256 of the bytes that were written.

    Raises:
        NotAllowed: The file is missing or damaged.
        StorageError: The lake cannot be read.
    """
    import pyarrow as pa

    remedy = "'dataflow-health rebuild' makes the recording again"
    try:
        return parquet_bytes.open_file(integrity.read_file(lake, path, digest))
    except Refused as refused:
        raise NotAllowed(f"{refused}; {remedy}") from None
    except (pa.ArrowException, OSError) as error:
        raise NotAllowed(f"{path} is no Parquet file ({error}); {remedy}") from None


def parameters(file: "pq.ParquetFile") -> Iterator[RecordedParameter]:
    """The declared parameters of a file; the samples of one at a time are in memory."""
    rows = max(file.metadata.num_rows, 1)
    for name, declared in recording_table.parameters(file.schema_arrow).items():
        rate_hz = recording_table.samples_in_row(file.schema_arrow.field(name))
        if rate_hz == 1:
            rate_hz *= 1 - parquet_bytes.read(file, [name])[name].null_count / rows
        yield RecordedParameter(
            name=name,
            unit=declared.unit,
            describes=declared.describes,
            rate_hz=rate_hz,
            is_text=declared.is_text,
        )
