"""Reads files of the analytics table inside Spark's workers, a whole file at a time, by Arrow.

Spark's own reader checks no digest, and a file that it cannot read fails the whole job. This reader
skips a file that is missing or damaged: its recordings are then missing in the job's result.
"""

from collections.abc import Iterator, Set
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from loguru import logger

from dataflow_health.errors import RecordingRefused
from dataflow_health.stages.table_column import parameter_of
from dataflow_health.storage.files import integrity
from dataflow_health.storage.files.lake import Lake


class TableFile(NamedTuple):
    """One file of the table.

    Attributes:
        path: Path of the file in the lake.
        digest: SHA-256 of the file.
    """

    path: str
    digest: str


def read_rows(lake: Lake, file: TableFile, parameters: Set[str]) -> Iterator[pa.RecordBatch]:
    """Recording, second and numbers of some parameters; no rows of a missing or damaged file.

    Args:
        lake: Files of the stages.
        file: The file.
        parameters: Parameters whose columns to read.

    Raises:
        StorageError: The lake cannot be read.
    """
    try:
        content = integrity.read_file(lake, file.path, file.digest)
    except RecordingRefused as error:
        logger.warning("skipped: {}", error)
        return
    parquet = pq.ParquetFile(pa.BufferReader(content))
    numbers = [
        field.name
        for field in parquet.schema_arrow
        if pa.types.is_float64(field.type) and parameter_of(field.name) in parameters
    ]
    table = parquet.read(["recording", "second", *numbers], use_threads=False)
    yield from table.to_batches()
