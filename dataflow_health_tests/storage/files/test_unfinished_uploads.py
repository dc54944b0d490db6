from collections.abc import Callable

import boto3
import pytest

from dataflow_health.errors import StorageError
from dataflow_health.storage.files import stores, unfinished_uploads
from dataflow_health.storage.files.lake import Lake
from dataflow_health_tests.storage.faulty_proxy import FaultyProxy

KEY = "of/tests/parse/day/a.bin"


def begin(key: str) -> str:
    """Begins an upload in parts; returns its id."""
    upload: str = boto3.client("s3").create_multipart_upload(Bucket="lake", Key=key)["UploadId"]
    return upload


@pytest.mark.server
@pytest.mark.slow
def test_uploads_below_a_folder_are_found_on_all_pages_and_ended(
    object_lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (KEY, "of/tests/parsed/b.bin", "elsewhere/parse/c.bin"):
        begin(name)
    access = stores.s3_access(object_lake.url)
    assert [each.key for each in unfinished_uploads.find(access, "lake/of/tests/parse/")] == [KEY]
    [name] = object_lake.unfinished_files("parse")
    assert name.startswith("parse/day/.a.bin.upload-")
    object_lake.remove(name)
    assert object_lake.unfinished_files("parse") == []
    for each in unfinished_uploads.find(access, "lake/"):
        unfinished_uploads.end(access, "lake", each)
    assert unfinished_uploads.find(access, "lake/") == []


@pytest.mark.server
@pytest.mark.slow
def test_only_uploads_of_the_object_itself_are_aborted(object_lake: Lake) -> None:
    begin(KEY)
    begin(f"{KEY}.zst")
    access = stores.s3_access(object_lake.url)
    unfinished_uploads.abort(access, f"lake/{KEY}")
    [other] = unfinished_uploads.find(access, "lake/")
    assert other.key == f"{KEY}.zst"
    unfinished_uploads.end(access, "lake", other)


@pytest.mark.server
@pytest.mark.slow
@pytest.mark.parametrize(
    "use",
    [
        lambda lake: lake.unfinished_files("parse"),
        lambda lake: lake.remove("parse/.a.bin.upload-x.part"),
    ],
)
def test_a_refusal_of_the_store_is_an_error_with_its_reason(
    object_lake: Lake, proxy: FaultyProxy, use: Callable[[Lake], object]
) -> None:
    proxy.choose = lambda _number, _method, _path: "denied"
    with pytest.raises(StorageError, match="AccessDenied"):
        use(object_lake)
    unfinished_uploads.abort(stores.s3_access(object_lake.url), f"lake/{KEY}")  # raises nothing


def test_a_store_of_another_kind_has_no_uploads() -> None:
    assert unfinished_uploads.names("mock:///here", "parse") == []
    assert not unfinished_uploads.end_named("mock:///here", "parse/.a.12ab.part")
