"""Files of stores that are no folder of this machine: whole, or not there at all."""

import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from dataflow_health.errors import StorageError
from dataflow_health.storage.files import stores, uploads
from dataflow_health.storage.files.lake import Lake
from dataflow_health_tests.storage.faulty_proxy import FaultyProxy
from dataflow_health_tests.waiting import wait_until

PARTS = b"0123456789abcdef" * (11 << 16)
"""So large that it is uploaded in parts, at once."""
LARGE = 2 * PARTS + b"end"
"""So large that it gets a hidden name first."""


@pytest.fixture(autouse=True)
def smaller_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with 32 MB, in less time."""
    monkeypatch.setattr(uploads, "WHOLE_BYTES", len(PARTS) + 1)


class Broken(io.BytesIO):
    """A file whose disk fails after some bytes."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() >= uploads.WHOLE_BYTES:
            raise OSError(5, "Input/output error")
        return super().read(size)


def keys() -> list[str]:
    """Every object in the store, hidden ones as well; without those that stand for folders."""
    found = boto3.client("s3").list_objects_v2(Bucket="lake").get("Contents", ())
    names = [each["Key"].removeprefix("of/tests/") for each in found]
    return [each for each in names if not each.endswith("/")]


def unfinished() -> list[str]:
    """Keys of uploads in parts that nothing ended."""
    found = boto3.client("s3").list_multipart_uploads(Bucket="lake").get("Uploads", ())
    return [each["Key"].removeprefix("of/tests/") for each in found]


@pytest.mark.server
@pytest.mark.slow
def test_a_disk_that_fails_in_the_middle_of_an_upload_leaves_the_older_object(
    object_lake: Lake,
) -> None:
    object_lake.write("parse/a.bin", b"older")
    with pytest.raises(OSError, match="Input/output error"):
        uploads.write_stream(object_lake.url, "parse/a.bin", Broken(LARGE))
    assert object_lake.read("parse/a.bin") == b"older"
    assert keys() == ["parse/a.bin"]
    assert unfinished() == []


@pytest.mark.server
@pytest.mark.slow
@pytest.mark.parametrize("content", [PARTS, LARGE], ids=["at once", "by a hidden name"])
def test_a_part_that_the_store_refuses_makes_no_object_and_its_upload_is_aborted(
    object_lake: Lake, proxy: FaultyProxy, tmp_path: Path, content: bytes
) -> None:
    object_lake.write("parse/a.bin", b"older")
    (tmp_path / "new").write_bytes(content)
    proxy.choose = lambda _number, _method, path: "error" if "partNumber=2" in path else None
    with pytest.raises(StorageError, match="AWS Error INTERNAL_FAILURE during UploadPart"):
        object_lake.adopt(tmp_path / "new", "parse/a.bin")
    assert object_lake.read("parse/a.bin") == b"older"
    assert keys() == ["parse/a.bin"]
    assert unfinished() == []
    proxy.choose = lambda _number, _method, _path: None
    object_lake.adopt(tmp_path / "new", "parse/a.bin")
    assert object_lake.read("parse/a.bin") == content
    assert keys() == ["parse/a.bin"]


UPLOAD = """
import sys
from dataflow_health.storage.files.lake import Lake
Lake("s3://lake/of/tests").write("parse/a.bin", bytes(21 << 20))
"""


@pytest.mark.server
@pytest.mark.slow
def test_a_writer_that_is_killed_leaves_no_object_and_an_upload_that_can_be_ended(
    object_lake: Lake, proxy: FaultyProxy
) -> None:
    object_lake.write("parse/a.bin", b"older")
    proxy.choose = lambda _number, _method, path: "hang" if "partNumber=2" in path else None
    writer = subprocess.Popen([sys.executable, "-c", UPLOAD], env=os.environ.copy())
    wait_until(lambda: any(each.fault for each in proxy.seen))
    writer.send_signal(signal.SIGKILL)
    assert writer.wait() == -signal.SIGKILL
    assert keys() == ["parse/a.bin"]
    assert object_lake.read("parse/a.bin") == b"older"
    [left] = object_lake.unfinished_files("parse")
    assert left.startswith("parse/.a.bin.upload-")
    assert object_lake.unfinished_files("store") == []
    object_lake.remove(left)
    assert object_lake.unfinished_files("parse") == []
    assert object_lake.read("parse/a.bin") == b"older"


@pytest.mark.server
@pytest.mark.slow
def test_a_hidden_object_that_a_killed_writer_left_is_found_and_removed(object_lake: Lake) -> None:
    object_lake.write("parse/day/.a.bin.12ab.part", b"torn")
    assert object_lake.files("parse") == []
    assert object_lake.unfinished_files("parse") == ["parse/day/.a.bin.12ab.part"]
    object_lake.remove("parse/day/.a.bin.12ab.part")
    assert keys() == []


def test_a_file_of_another_store_is_renamed_when_it_is_whole(tmp_path: Path) -> None:
    url, folder = tmp_path.as_uri(), tmp_path / "folder"
    stores.connect.cache_clear()
    for content in (b"1", LARGE):
        uploads.write_stream(url, "folder/a", io.BytesIO(content))
        assert (folder / "a").read_bytes() == content
    with pytest.raises(OSError, match="Input/output error"):
        uploads.write_stream(url, "folder/a", Broken(LARGE))
    assert [each.name for each in folder.iterdir()] == ["a"]
    assert (folder / "a").read_bytes() == LARGE


def test_bytes_of_another_store_are_kept_whatever_the_name_ends_with(tmp_path: Path) -> None:
    uploads.write_stream(tmp_path.as_uri(), "samples.tsv.gz", io.BytesIO(b"words"))
    assert (tmp_path / "samples.tsv.gz").read_bytes() == b"words"
