from pathlib import Path

import pytest

from dataflow_health.errors import StorageError
from dataflow_health.storage.files import stores
from dataflow_health.storage.files.lake import (
    Lake,
    _translate_errors,
    file_sha256,
    partition_path,
    sha256,
)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake((tmp_path / "lake").as_uri())


def test_a_written_file_is_read_back_with_its_digest(lake: Lake) -> None:
    assert lake.write("parse/a.bin", b"words") == sha256(b"words")
    assert lake.read("parse/a.bin") == b"words"
    assert lake.files("parse") == ["parse/a.bin"]


def test_files_that_are_written_together_are_read_back_with_their_digests(
    near_or_far: Lake,
) -> None:
    files = {"samples": b"1\t2", "_schema.json": b"{}"}
    digests = near_or_far.write_together("store/a", files)
    assert [near_or_far.read(f"store/a/{name}") for name in files] == list(files.values())
    assert digests == [sha256(content) for content in files.values()]


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


@pytest.fixture(params=["this machine", "elsewhere"])
def near_or_far(
    lake: Lake, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Lake:
    """A lake on this machine's disk, or one that is reached as an object store is."""
    lake.write("parse/a.bin", b"words")
    lake.write("parse/.work/2026-11-20/left", b"by a process that was killed")
    if request.param == "elsewhere":
        monkeypatch.setattr(Lake, "local", None)
    return lake


def test_a_file_has_a_copy_on_this_machine(near_or_far: Lake) -> None:
    with near_or_far.local_copy("parse/a.bin") as local:
        assert local.read_bytes() == b"words"
        assert file_sha256(local) == sha256(b"words")
    assert near_or_far.is_file("parse/a.bin")
    assert not near_or_far.is_file("parse")


def test_a_finished_file_is_moved_into_the_lake(near_or_far: Lake) -> None:
    with near_or_far.workplace("parse/.work/2026-11-20") as folder:
        (folder / "1").write_bytes(b"new")
        near_or_far.adopt(folder / "1", "parse/a.bin")
        (folder / "2").write_bytes(b"left")
    assert near_or_far.read("parse/a.bin") == b"new"
    assert not folder.exists()
    assert near_or_far.files("parse") == ["parse/a.bin"]


def test_only_a_regular_file_is_moved_into_the_lake(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    for file in (tmp_path / "link", tmp_path, tmp_path / "missing"):
        with pytest.raises(StorageError):
            lake.adopt(file, "parse/b.bin")
    assert not lake.exists("parse/b.bin")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("nosuch://key:secret@bucket/lake", "Unrecognized filesystem type"),
        ("s3:/bucket", "Missing bucket name"),
    ],
)
def test_a_url_of_no_store_is_an_error_with_its_reason(url: str, reason: str) -> None:
    for use in (Lake(url).exists, Lake(url).read, Lake(url).files, Lake(url).remove_folder):
        with pytest.raises(StorageError, match=reason) as caught:
            use("parse")
        assert "secret" not in str(caught.value)


def test_a_store_is_connected_once_and_again_after_an_error() -> None:
    url = "mock:///once"  # a store in memory that is empty when it is connected again
    store = Lake(url)
    stores.connect(url)[0].create_dir("once/parse")
    assert store.exists("parse")
    with pytest.raises(StorageError, match="parse/none"):
        store.read("parse/none")
    assert store.exists("parse")
    with pytest.raises(StorageError), _translate_errors(url):
        raise ConnectionResetError("the store went away")
    assert not store.exists("parse")


def test_what_a_writer_has_not_finished_is_listed_apart_and_a_file_is_removed(
    tmp_path: Path,
) -> None:
    lake = Lake(tmp_path.as_uri())
    lake.write("parse/day/whole", b"1")
    lake.write("parse/day/.torn.12ab.part", b"1")
    assert lake.files("parse") == ["parse/day/whole"]
    assert lake.unfinished_files("parse") == ["parse/day/.torn.12ab.part"]
    lake.remove("parse/day/.torn.12ab.part")
    lake.remove("parse/day/never_there")
    assert lake.unfinished_files("parse") == []
