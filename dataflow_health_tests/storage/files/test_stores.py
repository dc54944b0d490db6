"""A lake in an object store: the same laws as in a folder, by real requests over HTTP."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import boto3
import pyarrow.fs as pafs
import pytest

from dataflow_health.errors import RecordingRefused, StorageError
from dataflow_health.storage.files import integrity, stores
from dataflow_health.storage.files.lake import Lake, file_sha256, sha256
from dataflow_health_tests.storage import ceph
from dataflow_health_tests.storage.serving import KEYS, flaky, free_port, object_storage

pytestmark = [pytest.mark.server, pytest.mark.slow]

PARTS = b"0123456789abcdef" * (23 << 16)
"""So large that it is uploaded in parts of 10 MB."""


@pytest.fixture(
    scope="module",
    params=["moto", pytest.param("ceph", marks=pytest.mark.soak)],
)
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "moto":
        with object_storage() as url:
            yield url
        return
    if not ceph.is_installed():
        pytest.skip("ceph-mon, ceph-osd and radosgw are not installed")
    with (
        tempfile.TemporaryDirectory(prefix="ceph", dir="/tmp") as folder,
        ceph.object_gateway(Path(folder)) as url,
    ):
        yield url


@pytest.fixture
def lake(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lake]:
    for name, value in (KEYS | {"AWS_ENDPOINT_URL": server, "AWS_REGION": "us-east-1"}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv(stores.CHECKSUMS, "when_required")
    client = boto3.client("s3")
    client.create_bucket(Bucket="lake")
    stores.connect.cache_clear()
    yield Lake("s3://lake/of/tests")
    for each in client.list_objects_v2(Bucket="lake").get("Contents", ()):
        client.delete_object(Bucket="lake", Key=each["Key"])
    stores.connect.cache_clear()


def test_a_written_file_is_read_back_and_listed(lake: Lake) -> None:
    assert lake.write("parse/day/a.bin", PARTS) == sha256(PARTS)
    assert lake.read("parse/day/a.bin") == PARTS
    assert integrity.read_file(lake, "parse/day/a.bin", sha256(PARTS)) == PARTS
    assert lake.files("parse") == ["parse/day/a.bin"]
    assert lake.folders("parse") == ["parse/day"]
    assert (lake.is_file("parse/day"), lake.exists("parse/day")) == (False, True)


@pytest.mark.parametrize("name", ["samples.tsv.zst", "samples.tsv.gz"])
def test_bytes_are_kept_as_they_are_whatever_the_name_ends_with(
    lake: Lake, tmp_path: Path, name: str
) -> None:
    lake.write(f"store/{name}", b"words")
    got = boto3.client("s3").get_object(Bucket="lake", Key=f"of/tests/store/{name}")
    assert got["Body"].read() == lake.read(f"store/{name}") == b"words"
    with stores.open_new(pafs.LocalFileSystem(), str(tmp_path / name)) as stream:
        stream.write(b"words")
    assert (tmp_path / name).read_bytes() == b"words"


def test_moving_replaces_and_removing_twice_does_no_harm(lake: Lake) -> None:
    lake.write("a/x", b"new")
    lake.write("b/x", b"old")
    lake.move("a/x", "b/x")
    assert lake.read("b/x") == b"new"
    assert not lake.is_file("a/x")
    for _ in range(2):
        lake.remove("b/x")
        lake.remove_folder("b")
    assert not lake.exists("b")


def test_a_file_is_copied_to_this_machine_and_back(lake: Lake) -> None:
    lake.write("parse/a.bin", PARTS)
    with (
        integrity.local_copy(lake, "parse/a.bin", sha256(PARTS)) as local,
        lake.workplace("parse/.work") as folder,
    ):
        assert file_sha256(local) == sha256(PARTS)
        (folder / "1").write_bytes(local.read_bytes())
        lake.adopt(folder / "1", "parse/b.bin")
    assert lake.read("parse/b.bin") == PARTS
    assert not local.exists()


def test_a_write_that_fails_on_its_way_shows_nothing(lake: Lake) -> None:
    system, root = stores.connect(lake.url)

    def write() -> None:
        with stores.open_new(system, f"{root}/torn.bin") as stream:
            stream.write(PARTS)
            raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output error"):
        write()
    assert not lake.is_file("torn.bin")


def test_a_missing_object_refuses_its_recording_and_an_empty_lake_fails_the_stage(
    lake: Lake,
) -> None:
    with pytest.raises(StorageError, match="Path does not exist"):
        integrity.read_file(lake, "parse/gone", "0" * 64)
    with (
        pytest.raises(StorageError, match="the lake is empty"),
        integrity.local_copy(lake, "parse/gone", "0" * 64),
    ):
        pass
    lake.write("parse/a.bin", b"words")
    with pytest.raises(RecordingRefused, match="input_missing"):
        integrity.read_file(lake, "parse/gone", "0" * 64)
    with (
        pytest.raises(RecordingRefused, match="input_missing"),
        integrity.local_copy(lake, "parse/gone", "0" * 64),
    ):
        pass


def test_requests_that_the_store_refuses_for_a_while_are_repeated(
    lake: Lake, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with flaky(server, failures=2) as (url, answered):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        stores.connect.cache_clear()
        lake.write("parse/a.bin", b"words")
    assert answered[:3] == [503, 503, 200]
    assert len(answered) == 3


def test_reading_a_whole_file_takes_two_requests_and_writing_one(
    lake: Lake, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with flaky(server, failures=0) as (url, answered):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        stores.connect.cache_clear()
        lake.write("parse/a.bin", PARTS[: 4 << 20])
        lake.read("parse/a.bin")
    assert len(answered) == 3


def test_a_store_that_is_away_is_named_with_its_reason(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setattr(stores, "ATTEMPTS", 1)
    stores.connect.cache_clear()
    with pytest.raises(StorageError, match=r"^s3://lake/of/tests/a: .*Could not connect to server"):
        lake.write("a", b"words")


def test_what_a_store_asks_for_stands_in_the_url(lake: Lake, server: str) -> None:
    key, secret = KEYS.values()
    given = f"s3://{key}:{secret}@lake/x?region=eu-west-1&endpoint_override={server}"
    system, root = stores.connect(given)
    assert (system.region, root) == ("eu-west-1", "lake/x")
    assert Lake(given).write("y", b"1") == sha256(b"1")
    assert Lake(given).path("a/b").startswith(f"s3://{key}:{secret}@lake/x/a/b?region=")
    with pytest.raises(StorageError) as caught:
        Lake(given).read("none")
    assert secret not in str(caught.value)


def test_a_file_of_another_store_is_renamed_when_it_is_whole(tmp_path: Path) -> None:
    system, target = pafs.LocalFileSystem(), tmp_path / "folder" / "a"
    with stores.open_new(system, str(target)) as stream:
        stream.write(b"1")
        assert not target.exists()
    assert target.read_bytes() == b"1"
    with pytest.raises(TypeError), stores.open_new(system, str(target)) as stream:
        stream.write("no bytes")
    assert [each.name for each in target.parent.iterdir()] == ["a"]
    assert target.read_bytes() == b"1"
