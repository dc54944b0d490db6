from pathlib import Path

import polars as pl
import pytest

from dataflow_health.stages.table_reader import TableFile, read_rows
from dataflow_health.storage.files.lake import Lake

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


def test_a_damaged_or_missing_file_gives_no_row_and_no_error(lake: Lake) -> None:
    file = write(lake, "a.parquet")
    content = bytearray(lake.read(file.path))
    content[10] ^= 1
    lake.write(file.path, bytes(content))
    assert list(read_rows(lake, file, {"roll_deg"})) == []
    assert list(read_rows(lake, TableFile("none.parquet", file.digest), {"roll_deg"})) == []
