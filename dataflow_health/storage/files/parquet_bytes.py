"""Parquet files whose bytes are in memory, read on the calling thread only.

Arrow's own threads may drop the last reference to Python's bytes, for which they need the
interpreter's lock. When the process ends at that moment, it aborts instead of giving its exit code:
https://github.com/apache/arrow/issues/34314. A file of a recording is small, and recordings are
read beside each other already.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq


def open_file(content: bytes) -> "pq.ParquetFile":
    """The file, of which nothing is decoded yet.

    Raises:
        pyarrow.ArrowException: The bytes are no Parquet file.
    """
    # Importing it takes longer than commands do that import this module and read no file.
    import pyarrow as pa
    import pyarrow.parquet as pq

    return pq.ParquetFile(pa.BufferReader(content))


def read(file: "pq.ParquetFile", columns: Sequence[str] | None = None) -> "pa.Table":
    """The table of a file, with some columns or with all of them.

    Raises:
        pyarrow.ArrowException: The file is damaged.
        OSError: A page of the file cannot be decompressed.
    """
    return file.read(columns, use_threads=False)
