import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataflow_health.errors import RecordingRefused
from dataflow_health.stages import table_writer
from dataflow_health.stages.table_writer import (
    LANDED_SCHEMA,
    TableFileRequest,
    TsvFile,
    read_rows,
    to_arrow,
    write_file,
)
from dataflow_health.stages.tsv_format import encode, fingerprint
from dataflow_health.storage.files.lake import Lake, sha256
from dataflow_health_tests.stages.rotten_lake import Damage, delete, flip_bit

TYPES = {"second": "int", "torque_pct": "double", "roll_deg.1": "double", "note": "string"}
ROWS = pl.DataFrame(
    {
        "second": pl.Series([0, 1], dtype=pl.Int32),
        "torque_pct": [1.7, None],
        "roll_deg.1": [0.1, 0.3],
        "note": ['"a', None],
    }
)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake with one file, so that it does not pass for one that is not mounted."""
    lake = Lake(tmp_path.as_uri())
    lake.write("other", b"")
    return lake


def store(lake: Lake, recording: str, rows: pl.DataFrame = ROWS, codec: str = "zst") -> TsvFile:
    """Writes a TSV and its schema file, as store does."""
    columns = [{"name": n, "type": kind, "unit": "", "offset_s": 0.0} for n, kind in TYPES.items()]
    path, schema_path = f"{recording}.tsv.{codec}", f"{recording}.json"
    return TsvFile(
        recording, path, lake.write(path, encode(rows, codec)),
        schema_path, lake.write(schema_path, json.dumps({"columns": columns}).encode()),
        {"arrival_day": "2026-11-20", "tail": "7", "recording": recording},
    )  # fmt: skip


def write(lake: Lake, sources: Sequence[TsvFile]) -> list[Mapping[str, object]]:
    [batch] = write_file(lake, TableFileRequest("table/samples.parquet", sources))
    assert batch.schema.equals(LANDED_SCHEMA)
    landed: list[Mapping[str, object]] = batch.to_pylist()
    return landed


def test_values_are_as_declared_and_a_partition_value_stays_text(lake: Lake) -> None:
    table = to_arrow([read_rows(lake, store(lake, "0" * 12))])
    assert {field.name: str(field.type) for field in table.schema} == {
        "second": "int32", "torque_pct": "double", "roll_deg__1": "double", "note": "string",
        "arrival_day": "string", "tail": "string", "recording": "string",
    }  # fmt: skip
    assert table.to_pylist()[0] == {
        "second": 0, "torque_pct": 1.7, "roll_deg__1": 0.1, "note": '"a',
        "arrival_day": "2026-11-20", "tail": "7", "recording": "0" * 12,
    }  # fmt: skip


def test_both_codecs_give_the_same_rows(lake: Lake) -> None:
    first, second = (read_rows(lake, store(lake, "r", codec=codec)) for codec in ("zst", "gz"))
    assert first.equals(second)


def test_the_counts_are_of_the_file_that_was_read_back(lake: Lake) -> None:
    landed = write(lake, [store(lake, "a"), store(lake, "b", ROWS.head(1))])
    digest = sha256(lake.read("table/samples.parquet"))
    assert [(r["recording"], r["rows"], r["nulls"]) for r in landed] == [
        ("a", 2, [0, 1, 0, 1]),
        ("b", 1, [0, 0, 0, 0]),
    ]
    assert {row["file_digest"] for row in landed} == {digest}


@pytest.mark.parametrize(
    ("cells", "groups"), [(1000, ["aabbcc"]), (30, ["aabb", "cc"]), (1, ["aa", "bb", "cc"])]
)
def test_row_groups_have_whole_recordings_and_are_of_limited_size(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, cells: int, groups: list[str]
) -> None:
    monkeypatch.setattr(table_writer, "CELLS_PER_GROUP", cells)
    landed = write(lake, [store(lake, name) for name in "abc"])
    assert [(row["recording"], row["rows"]) for row in landed] == [("a", 2), ("b", 2), ("c", 2)]
    assert lake.local
    with pq.ParquetFile(lake.local / "table/samples.parquet") as file:
        found = [file.read_row_group(n)["recording"] for n in range(file.num_row_groups)]
    assert ["".join(group.to_pylist()) for group in found] == groups


def test_nothing_but_the_file_is_left_in_its_folder(lake: Lake) -> None:
    write(lake, [store(lake, "a")])
    assert lake.local
    assert [each.name for each in (lake.local / "table").iterdir()] == ["samples.parquet"]


@pytest.mark.parametrize(
    ("damage", "reason"), [(delete, "input_missing"), (flip_bit, "input_changed")]
)
@pytest.mark.parametrize("which", ["path", "schema_path"])
def test_a_damaged_file_refuses_its_recording_and_the_others_are_written(
    lake: Lake, which: str, damage: Damage, reason: str
) -> None:
    sources = [store(lake, "bad"), store(lake, "good")]
    assert lake.local
    damage(lake.local / getattr(sources[0], which))
    refused, written = write(lake, sources)
    assert (refused["recording"], refused["reason"], refused["rows"]) == ("bad", reason, None)
    assert getattr(sources[0], which) in str(refused["detail"])
    assert (written["recording"], written["rows"]) == ("good", 2)


@pytest.mark.parametrize("which", ["path", "schema_path"])
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_file_with_any_bit_flipped_is_refused(
    lake: Lake, which: str, data: st.DataObject
) -> None:
    source = store(lake, "bad")
    assert lake.local
    file = lake.local / getattr(source, which)
    flip_bit(file, data.draw(st.integers(0, 8 * file.stat().st_size - 1)))
    with pytest.raises(RecordingRefused, match="input_changed"):
        read_rows(lake, source)


def test_a_text_that_reads_as_other_values_than_it_was_made_of_is_refused(lake: Lake) -> None:
    made_of = ROWS.with_columns(pl.Series("torque_pct", [1.7000000000000002, None]))
    source = store(lake, "bad")
    assert read_rows(lake, replace(source, values=fingerprint(ROWS))).height == 2
    with pytest.raises(RecordingRefused, match="tsv_differs"):
        read_rows(lake, replace(source, values=fingerprint(made_of)))


def test_no_file_is_written_when_all_are_refused(lake: Lake) -> None:
    source = store(lake, "bad")
    lake.write(source.path, b"")
    [refused] = write(lake, [source])
    assert refused["reason"] == "input_changed"
    assert not lake.exists("table/samples.parquet")


def test_writing_twice_gives_the_same_bytes(lake: Lake) -> None:
    sources = [store(lake, "a"), store(lake, "b")]
    assert write(lake, sources) == write(lake, sources)
