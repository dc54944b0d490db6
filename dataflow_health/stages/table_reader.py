"""Reads files of the analytics table inside Spark's workers, one file per task, by Arrow.

Spark's own reader checks no digest, and a file that it cannot read fails the whole job. This reader
skips a file that is missing or damaged: its recordings are then missing in the job's result.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from loguru import logger

from dataflow_health.errors import RecordingRefused
from dataflow_health.stages.table_column import parameter_of
from dataflow_health.storage.files import integrity
from dataflow_health.storage.files.lake import Lake

MapFunction = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]


class TableFile(NamedTuple):
    """One file of the table.

    Attributes:
        path: Path of the file in the lake.
        digest: SHA-256 of the file.
    """

    path: str
    digest: str


def map_function(
    lake: Lake, files: Sequence[TableFile], parameters: Set[str], run: MapFunction
) -> MapFunction:
    """The function for Spark's ``mapInArrow`` that turns numbers of files into results.

    Args:
        lake: Files of the stages.
        files: Files of the table.
        parameters: Parameters whose columns to read.
        run: Turns the rows of a file into results.
    """

    def read_and_run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for number in batch.column(0).to_pylist():
                yield from run(read_rows(lake, files[number], parameters))

    return read_and_run


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
