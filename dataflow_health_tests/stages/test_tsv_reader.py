import gzip
from pathlib import Path

import pyarrow as pa
import pytest
import zstandard

from dataflow_health.stages.tsv_reader import BATCH_ROWS, TsvFile, map_function, read_rows
from dataflow_health.storage.files.lake import Lake, sha256

SCHEMA = pa.schema(
    [("second", pa.int32()), ("torque_pct", pa.float64()), ("note", pa.string())]
    + [(name, pa.string()) for name in ("arrival_day", "tail", "recording")]
)
FOLDERS = {"recording": "0" * 12, "tail": "7", "arrival_day": "2026-11-20"}


def read(path: Path, schema: pa.Schema = SCHEMA) -> pa.Table:
    return pa.Table.from_batches(list(read_rows(lake(path), tsv_file(path), schema)), schema)


def lake(path: Path) -> Lake:
    return Lake(path.parent.as_uri())


def tsv_file(path: Path) -> TsvFile:
    return TsvFile(path.name, sha256(path.read_bytes()), FOLDERS)


def write(folder: Path, text: str, name: str = "samples.tsv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_values_are_as_declared_and_an_empty_one_is_null(tmp_path: Path) -> None:
    table = read(write(tmp_path, '0\t1.7\t"a\n1\t\t\n'))
    assert table["torque_pct"].to_pylist() == [1.7, None]
    assert table["note"].to_pylist() == ['"a', None]


def test_what_folders_say_stays_text_though_it_looks_like_a_number(tmp_path: Path) -> None:
    [row] = read(write(tmp_path, "0\t1\tx\n")).to_pylist()
    assert {name: row[name] for name in FOLDERS} == FOLDERS


@pytest.mark.parametrize("suffix", [".zst", ".gz"])
def test_a_compressed_file_reads_the_same(tmp_path: Path, suffix: str) -> None:
    plain = write(tmp_path, "0\t1\tx\n1\t2\ty\n")
    packed = {".zst": zstandard.compress, ".gz": gzip.compress}[suffix](plain.read_bytes())
    (tmp_path / f"samples.tsv{suffix}").write_bytes(packed)
    assert read(tmp_path / f"samples.tsv{suffix}").equals(read(plain))


@pytest.mark.parametrize("text", ["0\tno number\tx\n", "0\t1\n", "0\t1\tx\tmore\n"])
def test_a_file_that_is_not_what_its_schema_says_gives_no_row_and_no_error(
    tmp_path: Path, text: str
) -> None:
    assert read(write(tmp_path, f"9\t9\tright\n{text}")).num_rows == 0


def test_a_damaged_or_missing_file_gives_no_row_and_no_error(tmp_path: Path) -> None:
    path = write(tmp_path, "0\t1.7\tx\n")
    file = tsv_file(path)
    path.write_text("0\t1.5\tx\n")
    assert list(read_rows(lake(path), file, SCHEMA)) == []
    path.unlink()
    write(tmp_path, "", "other.tsv")
    assert list(read_rows(lake(path), file, SCHEMA)) == []


def test_a_long_recording_comes_in_batches_and_in_order(tmp_path: Path) -> None:
    text = "".join(f"{second}\t0.5\t\n" for second in range(2 * BATCH_ROWS + 1))
    path = write(tmp_path, text)
    batches = list(read_rows(lake(path), tsv_file(path), SCHEMA))
    assert max(batch.num_rows for batch in batches) <= BATCH_ROWS
    seconds = [second for batch in batches for second in batch["second"].to_pylist()]
    assert seconds == list(range(2 * BATCH_ROWS + 1))


def test_a_task_reads_its_own_files_only(tmp_path: Path) -> None:
    paths = [write(tmp_path, f"{number}\t1\tx\n", f"{number}.tsv") for number in range(3)]
    files = [tsv_file(path) for path in paths]
    read_tasks = map_function(lake(paths[0]), [files[:2], files[2:]], SCHEMA)
    numbers = pa.record_batch({"id": [1]})
    [batch] = read_tasks([numbers])
    assert batch["second"].to_pylist() == [2]
