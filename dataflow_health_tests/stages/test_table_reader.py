from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataflow_health.stages.table_reader import TableFile, read_rows
from dataflow_health.storage.files.lake import Lake
from dataflow_health_tests.stages.rotten_lake import flip_bit

COLUMNS = {
    "second": [0, 1], "roll_deg__0": [0.5, 1.5], "roll_deg__1": [0.6, 1.6], "torque_pct": [7.0, 8],
    "note": ["a", "b"], "recording": ["r", "r"], "tail": ["HB-ZAA", "HB-ZAA"],
}  # fmt: skip


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """An empty lake."""
    return Lake(tmp_path.as_uri())


def write(lake: Lake, path: str) -> TableFile:
    pl.DataFrame(COLUMNS).write_parquet(target := Path(lake.path(path).removeprefix("file://")))
    return TableFile(path, lake.write(path, target.read_bytes()))


def test_only_wanted_numbers_are_read(lake: Lake) -> None:
    [batch] = read_rows(lake, write(lake, "a.parquet"), {"roll_deg", "note"})
    assert batch.schema.names == ["recording", "second", "roll_deg__0", "roll_deg__1"]
    assert batch.column("roll_deg__1").to_pylist() == [0.6, 1.6]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_file_with_any_bit_flipped_gives_no_row_and_no_error(
    lake: Lake, data: st.DataObject
) -> None:
    file = write(lake, "a.parquet")
    path = Path(lake.path(file.path).removeprefix("file://"))
    flip_bit(path, data.draw(st.integers(0, 8 * path.stat().st_size - 1)))
    assert list(read_rows(lake, file, {"roll_deg"})) == []


def test_a_missing_file_gives_no_row_and_no_error(lake: Lake) -> None:
    missing = TableFile("none.parquet", write(lake, "a.parquet").digest)
    assert list(read_rows(lake, missing, {"roll_deg"})) == []
