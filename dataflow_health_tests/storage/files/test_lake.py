from pathlib import Path

import pytest

from dataflow_health.errors import StorageError
from dataflow_health.storage.files.lake import Lake, _translate_errors, partition_path, sha256


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake((tmp_path / "lake").as_uri())


def test_a_written_file_is_read_back_with_its_digest(lake: Lake) -> None:
    assert lake.write("parse/a.bin", b"words") == sha256(b"words")
    assert lake.read("parse/a.bin") == b"words"
    assert lake.files("parse") == ["parse/a.bin"]


def test_a_failed_write_leaves_nothing_behind(lake: Lake, tmp_path: Path) -> None:
    lake.write("parse/a.bin", b"old")
    with pytest.raises(TypeError):
        lake.write("parse/a.bin", "not bytes")  # type: ignore[arg-type]
    assert lake.read("parse/a.bin") == b"old"
    assert [p.name for p in (tmp_path / "lake/parse").iterdir()] == ["a.bin"]


@pytest.mark.parametrize("path", ["../outside", "/etc/passwd", "", "parse/../../outside"])
def test_a_path_out_of_the_lake_is_refused(lake: Lake, path: str) -> None:
    with pytest.raises(StorageError, match="not a path inside the lake"):
        lake.write(path, b"")


def test_a_missing_file_is_an_error_that_names_it(lake: Lake) -> None:
    with pytest.raises(StorageError, match=r"parse/a\.bin: No such file"):
        lake.read("parse/a.bin")


def test_moving_replaces_and_removing_twice_does_no_harm(lake: Lake) -> None:
    lake.write("a/x", b"new")
    lake.write("b/x", b"old")
    lake.move("a/x", "b/x")
    assert lake.read("b/x") == b"new"
    assert not lake.exists("a/x")
    lake.remove_folder("b")
    lake.remove_folder("b")
    assert not lake.exists("b")


def test_partition_values_cannot_make_folders_of_their_own() -> None:
    assert partition_path(tail="../HB ZAA/x") == "tail=.._HB_ZAA_x"


def test_a_key_in_the_url_of_the_lake_is_not_shown() -> None:
    with pytest.raises(StorageError) as caught, _translate_errors("s3://key:s3/cret@bucket"):
        raise OSError("no answer from s3://key:s3/cret@bucket")
    assert str(caught.value) == "s3://key:***@bucket: no answer from s3://key:***@bucket"
