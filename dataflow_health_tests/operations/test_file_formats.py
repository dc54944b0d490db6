import itertools
import tracemalloc
from collections.abc import Iterator

import pyarrow as pa
import pytest

from dataflow_health.operations.file_formats import FORMATS

ROWS = 2_000
TABLE = pa.table({"text": [f"row {number} " + "x" * 400 for number in range(ROWS)]})


@pytest.mark.parametrize("name", FORMATS)
def test_a_long_file_needs_the_memory_of_its_parts(name: str) -> None:
    def peak(parts: int) -> int:
        tables: Iterator[pa.Table] = itertools.repeat(TABLE, parts)
        tracemalloc.start()
        written = sum(map(len, FORMATS[name].write(TABLE.schema, tables)))
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert written > 0
        return highest

    assert peak(20) < 2 * peak(2)
