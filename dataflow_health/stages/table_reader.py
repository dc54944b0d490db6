"""Reads files of the analytics table inside Spark's workers, a row group at a time, by Arrow.

Spark's own reader checks no digest, and a file that it cannot read fails the whole job. This reader
skips a file that is missing or damaged: its recordings are then missing in the job's result.
"""

from collections.abc import Iterator, Set
from contextlib import ExitStack
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from loguru import logger

from dataflow_health.errors import RecordingRefused, StorageError
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

    A row group is in memory at a time. The digest is of the bytes that are read: the file is opened
    once, and another that takes its place meanwhile is not seen.

    Args:
        lake: Files of the stages.
        file: The file.
        parameters: Parameters whose columns to read.

    Raises:
        StorageError: The lake cannot be read.
    """
    with ExitStack() as stack:
        try:
            local = stack.enter_context(integrity.local_copy(lake, file.path, file.digest))
            source = stack.enter_context(pa.OSFile(str(local)))
            integrity.verify_stream(source, file.path, file.digest)
            yield from _read_groups(source, parameters)
        except RecordingRefused as error:
            logger.warning("skipped: {}", error)
        except OSError as error:
            raise StorageError(f"{lake.path(file.path)}: {error.strerror or error}") from error


def _read_groups(source: pa.NativeFile, parameters: Set[str]) -> Iterator[pa.RecordBatch]:
    parquet = pq.ParquetFile(source, read_dictionary=["recording"])  # not its text in every row
    numbers = [
        field.name
        for field in parquet.schema_arrow
        if pa.types.is_float64(field.type) and parameter_of(field.name) in parameters
    ]
    for number in range(parquet.num_row_groups):
        columns = ["recording", "second", *numbers]
        yield from parquet.read_row_group(number, columns, use_threads=False).to_batches()
