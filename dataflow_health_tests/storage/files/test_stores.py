"""A lake in an object store: the same laws as in a folder, by real requests over HTTP."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import boto3
import pytest

from dataflow_health.errors import RecordingRefused, StorageError
from dataflow_health.storage.files import integrity, stores
from dataflow_health.storage.files.lake import Lake, file_sha256, sha256
from dataflow_health_tests.storage.faulty_proxy import FAULTS, Fault, FaultyProxy
from dataflow_health_tests.storage.serving import KEYS, free_port

pytestmark = [pytest.mark.server, pytest.mark.slow]

PARTS = b"0123456789abcdef" * (11 << 16)
"""So large that it is uploaded in parts of 10 MB."""


def test_a_written_file_is_read_back_and_listed(object_lake: Lake) -> None:
    assert object_lake.write("parse/day/a.bin", PARTS) == sha256(PARTS)
    assert object_lake.read("parse/day/a.bin") == PARTS
    assert integrity.read_file(object_lake, "parse/day/a.bin", sha256(PARTS)) == PARTS
    assert object_lake.files("parse") == ["parse/day/a.bin"]
    assert object_lake.folders("parse") == ["parse/day"]
    assert (object_lake.is_file("parse/day"), object_lake.exists("parse/day")) == (False, True)


@pytest.mark.parametrize("name", ["samples.tsv.zst", "samples.tsv.gz"])
def test_bytes_are_kept_as_they_are_whatever_the_name_ends_with(
    object_lake: Lake, name: str
) -> None:
    object_lake.write(f"store/{name}", b"words")
    got = boto3.client("s3").get_object(Bucket="lake", Key=f"of/tests/store/{name}")
    assert got["Body"].read() == object_lake.read(f"store/{name}") == b"words"


def test_moving_replaces_and_removing_twice_does_no_harm(object_lake: Lake) -> None:
    object_lake.write("a/x", b"new")
    object_lake.write("b/x", b"old")
    object_lake.move("a/x", "b/x")
    assert object_lake.read("b/x") == b"new"
    assert not object_lake.is_file("a/x")
    for _ in range(2):
        object_lake.remove("b/x")
        object_lake.remove_folder("b")
    assert not object_lake.exists("b")


def test_a_file_is_copied_to_this_machine_and_back(object_lake: Lake) -> None:
    object_lake.write("parse/a.bin", PARTS)
    with (
        integrity.local_copy(object_lake, "parse/a.bin", sha256(PARTS)) as local,
        object_lake.workplace("parse/.work") as folder,
    ):
        assert file_sha256(local) == sha256(PARTS)
        (folder / "1").write_bytes(local.read_bytes())
        object_lake.adopt(folder / "1", "parse/b.bin")
    assert object_lake.read("parse/b.bin") == PARTS
    assert not local.exists()


def test_a_missing_object_refuses_its_recording_and_an_empty_lake_fails_the_stage(
    object_lake: Lake,
) -> None:
    with pytest.raises(StorageError, match="the lake is empty, or is not there"):
        integrity.read_file(object_lake, "parse/gone", "0" * 64)
    with (
        pytest.raises(StorageError, match="the lake is empty"),
        integrity.local_copy(object_lake, "parse/gone", "0" * 64),
    ):
        pass
    object_lake.write("parse/a.bin", b"words")
    with pytest.raises(RecordingRefused, match="input_missing"):
        integrity.read_file(object_lake, "parse/gone", "0" * 64)
    with (
        pytest.raises(RecordingRefused, match="input_missing"),
        integrity.local_copy(object_lake, "parse/gone", "0" * 64),
    ):
        pass


def test_reading_a_whole_file_takes_two_requests_and_writing_one(
    object_lake: Lake, proxy: FaultyProxy
) -> None:
    object_lake.write("parse/a.bin", PARTS[: 4 << 20])
    object_lake.read("parse/a.bin")
    assert [each.method for each in proxy.seen] == ["PUT", "HEAD", "GET"]


def use(lake: Lake, folder: Path) -> None:
    """All that a stage does with the lake."""
    lake.write("parse/a.bin", b"words")
    assert lake.read("parse/a.bin") == b"words"
    with lake.workplace("parse/.work") as work:
        (work / "1").write_bytes(PARTS)
        lake.adopt(work / "1", "parse/b.bin")
    lake.move("parse/b.bin", "parse/c.bin")
    with integrity.local_copy(lake, "parse/c.bin", sha256(PARTS)) as local:
        assert file_sha256(local) == sha256(PARTS)
    lake.remove("parse/a.bin")
    assert lake.files("parse") == ["parse/c.bin"]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_one_request_in_four_costs_time_only(
    object_lake: Lake, proxy: FaultyProxy, tmp_path: Path, fault: Fault
) -> None:
    proxy.choose = lambda number, _method, _path: fault if number % 4 == 0 else None
    use(object_lake, tmp_path)
    assert sum(each.fault is not None for each in proxy.seen) >= 3


@pytest.mark.parametrize(
    ("fault", "method", "reason"),
    [
        ("slow_down", "PUT", "AWS Error SLOW_DOWN"),
        ("reset", "PUT", "NETWORK_CONNECTION.*; start the store, or correct AWS_ENDPOINT_URL"),
        ("error", "GET", "the store sends an error page instead of the object's bytes"),
        ("reset_in_answer", "GET", "NETWORK_CONNECTION"),
        ("hang", "HEAD", "NETWORK_CONNECTION.*too slow"),
    ],
)
def test_a_fault_that_stays_ends_with_its_reason_after_a_number_of_attempts(
    object_lake: Lake,
    proxy: FaultyProxy,
    monkeypatch: pytest.MonkeyPatch,
    fault: Fault,
    method: str,
    reason: str,
) -> None:
    object_lake.write("parse/a.bin", b"words")
    monkeypatch.setattr(stores, "ATTEMPTS", 2)
    monkeypatch.setattr(stores, "ANSWER_S", 1.0)
    stores.connect.cache_clear()
    proxy.choose = lambda _number, of_request, _path: fault if of_request == method else None
    write = partial(object_lake.write, "parse/a.bin", b"other")
    request = write if method == "PUT" else partial(object_lake.read, "parse/a.bin")
    with pytest.raises(StorageError, match=rf"^s3://lake/of/tests/parse/a\.bin: .*{reason}"):
        request()
    assert sum(each.fault == fault for each in proxy.seen) == 2
    proxy.choose = lambda _number, _method, _path: None
    assert object_lake.read("parse/a.bin") == b"words"


REFUSALS: Mapping[Fault, str] = {
    "denied": r"ACCESS_DENIED.*; the key of AWS_ACCESS_KEY_ID is wrong or lacks the right",
    "wrong_key": r"INVALID_ACCESS_KEY_ID.*; correct AWS_ACCESS_KEY_ID",
    "wrong_secret": r"SIGNATURE_DOES_NOT_MATCH.*; correct AWS_SECRET_ACCESS_KEY",
    "no_bucket": r"NO_SUCH_BUCKET.*; create the bucket, or correct DATAFLOW_HEALTH_LAKE_URL",
}


@pytest.mark.parametrize(("fault", "reason"), REFUSALS.items())
def test_a_refusal_is_not_repeated_and_says_what_would_be_right(
    object_lake: Lake, proxy: FaultyProxy, fault: Fault, reason: str
) -> None:
    proxy.choose = lambda _number, _method, _path: fault
    with pytest.raises(StorageError, match=reason) as caught:
        object_lake.write("parse/a.bin", b"words")
    assert len(proxy.seen) == 1
    assert KEYS["AWS_SECRET_ACCESS_KEY"] not in str(caught.value)


def test_a_reader_without_rights_fails_the_stage_and_refuses_no_recording(
    object_lake: Lake, proxy: FaultyProxy
) -> None:
    object_lake.write("parse/a.bin", b"words")
    proxy.choose = lambda _number, _method, _path: "denied"
    with pytest.raises(StorageError, match=r"ACCESS_DENIED.*; the key of AWS_ACCESS_KEY_ID"):
        integrity.read_file(object_lake, "parse/a.bin", sha256(b"words"))


def test_a_bucket_that_is_gone_fails_the_stage_and_refuses_no_recording(
    object_lake: Lake,
) -> None:
    gone = Lake("s3://nothing-here/lake")
    with pytest.raises(StorageError, match=r"not there: .* create the bucket, or correct DATA"):
        integrity.read_file(gone, "parse/a.bin", sha256(b"words"))
    with pytest.raises(StorageError, match="create the bucket, or correct DATAFLOW_HEALTH_LAKE"):
        gone.write("parse/a.bin", b"words")


@pytest.mark.parametrize(
    ("user", "reason"),
    [
        ("nothing:ground-secret", "INVALID_ACCESS_KEY_ID.*; correct AWS_ACCESS_KEY_ID"),
        ("ground:wrong-secret", "SIGNATURE_DOES_NOT_MATCH.*; correct AWS_SECRET_ACCESS_KEY"),
    ],
)
def test_wrong_keys_are_named_by_a_store_that_checks_them(
    object_lake: Lake, store_server: str, user: str, reason: str, request: pytest.FixtureRequest
) -> None:
    if "moto" in request.node.name:
        pytest.skip("moto takes any keys")
    other = Lake(f"s3://{user}@lake/of/tests?region=us-east-1&endpoint_override={store_server}")
    with pytest.raises(StorageError, match=reason) as caught:
        other.write("parse/a.bin", b"words")
    with pytest.raises(StorageError, match="ACCESS_DENIED") as reading:
        other.read("parse/a.bin")
    assert user.split(":")[1] not in f"{caught.value} {reading.value}"


def test_an_object_that_another_replaced_refuses_its_recording(object_lake: Lake) -> None:
    digest = object_lake.write("parse/a.bin", b"words")
    boto3.client("s3").put_object(Bucket="lake", Key="of/tests/parse/a.bin", Body=b"other")
    with pytest.raises(RecordingRefused, match=r"input_changed: parse/a\.bin: digest"):
        integrity.read_file(object_lake, "parse/a.bin", digest)
    with pytest.raises(RecordingRefused, match="input_changed"):
        integrity.check_file(object_lake, "parse/a.bin", digest)


def test_a_store_that_is_away_is_named_with_its_reason(
    object_lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setattr(stores, "ATTEMPTS", 1)
    stores.connect.cache_clear()
    with pytest.raises(StorageError, match=r"^s3://lake/of/tests/a: .*Could not connect to server"):
        object_lake.write("a", b"words")


def test_what_a_store_asks_for_stands_in_the_url(object_lake: Lake, store_server: str) -> None:
    key, secret = KEYS.values()
    given = f"s3://{key}:{secret}@lake/x?region=eu-west-1&endpoint_override={store_server}"
    system, root = stores.connect(given)
    assert (system.region, root) == ("eu-west-1", "lake/x")
    assert Lake(given).write("y", b"1") == sha256(b"1")
    assert Lake(given).path("a/b").startswith(f"s3://{key}:{secret}@lake/x/a/b?region=")
    with pytest.raises(StorageError) as caught:
        Lake(given).read("none")
    assert secret not in str(caught.value)
