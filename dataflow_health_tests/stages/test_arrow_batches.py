import polars as pl
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.stages.arrow_batches import by_recording


@given(st.lists(st.integers(1, 4), min_size=1, max_size=6), st.integers(1, 5))
def test_rows_are_grouped_by_recording_across_batches(sizes: list[int], batch_rows: int) -> None:
    names = [f"r{i}" for i, size in enumerate(sizes) for _ in range(size)]
    table = pl.DataFrame({"recording": names, "second": list(range(len(names)))}).to_arrow()
    table = table.cast(pa.schema([("recording", pa.string()), ("second", pa.int64())]))
    found = list(by_recording(table.to_batches(max_chunksize=batch_rows)))
    assert [(name, rows.num_rows) for name, rows in found] == [
        (f"r{i}", size) for i, size in enumerate(sizes)
    ]
