"""A lake in an object store on loopback: moto's server, and Ceph where it is installed."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from dataflow_health.storage.files import stores
from dataflow_health.storage.files.lake import Lake
from dataflow_health_tests.storage import ceph
from dataflow_health_tests.storage.faulty_proxy import FaultyProxy, faulty_proxy
from dataflow_health_tests.storage.serving import KEYS, object_storage


@pytest.fixture(
    scope="module",
    params=["moto", pytest.param("ceph", marks=pytest.mark.soak)],
)
def store_server(request: pytest.FixtureRequest) -> Iterator[str]:
    """URL of an object store."""
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
def object_lake(store_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lake]:
    for name, value in (
        KEYS | {"AWS_ENDPOINT_URL": store_server, "AWS_REGION": "us-east-1"}
    ).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv(stores.CHECKSUMS, "when_required")
    client = boto3.client("s3")
    client.create_bucket(Bucket="lake")
    stores.connect.cache_clear()
    yield Lake("s3://lake/of/tests")
    for each in client.list_objects_v2(Bucket="lake").get("Contents", ()):
        client.delete_object(Bucket="lake", Key=each["Key"])
    for each in client.list_multipart_uploads(Bucket="lake").get("Uploads", ()):
        client.abort_multipart_upload(Bucket="lake", Key=each["Key"], UploadId=each["UploadId"])
    stores.connect.cache_clear()


@pytest.fixture
def proxy(
    object_lake: Lake, store_server: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FaultyProxy]:
    """A proxy between the lake and its store, without faults yet."""
    with faulty_proxy(store_server) as between:
        monkeypatch.setenv("AWS_ENDPOINT_URL", between.url)
        stores.connect.cache_clear()
        yield between
    monkeypatch.setenv("AWS_ENDPOINT_URL", store_server)
