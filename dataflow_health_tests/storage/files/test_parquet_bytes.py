import io
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataflow_health.storage.files import parquet_bytes

_COUNT_THREADS = """
import os, sys
import pyarrow as pa, pyarrow.parquet
from dataflow_health.storage.files import parquet_bytes
content = sys.stdin.buffer.read()
before = len(os.listdir("/proc/self/task"))
columns = parquet_bytes.read(parquet_bytes.open_file(content), [{columns}]).num_columns
print(columns, len(os.listdir("/proc/self/task")) - before)
"""


def _content() -> bytes:
    table = pa.table({name: pa.array(range(720), pa.int32()) for name in "abcdefgh"})
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def test_the_columns_asked_for_are_read_and_no_others() -> None:
    file = parquet_bytes.open_file(_content())
    assert parquet_bytes.read(file, ["c", "a"]).column_names == ["c", "a"]
    assert parquet_bytes.read(file).num_columns == 8


@pytest.mark.server
@pytest.mark.skipif(sys.platform != "linux", reason="threads are counted in /proc")
def test_no_thread_of_arrow_is_left_that_could_abort_the_process_when_it_ends() -> None:
    program = _COUNT_THREADS.format(columns="'a', 'b', 'c'")
    done = subprocess.run(
        [sys.executable, "-c", program], input=_content(), capture_output=True, check=True
    )
    assert done.stdout.decode().split() == ["3", "0"]
