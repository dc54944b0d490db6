from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import fsspec
import pytest

from dataflow_health.errors import SourceUnreachable
from dataflow_health.storage import source
from dataflow_health_tests.factories import NOON, land


@pytest.fixture
def bucket() -> Iterator[str]:
    """A store without folders and without the local disk, as object storage is."""
    system = fsspec.filesystem("memory")
    system.pipe("/bucket/day/a.zip", b"PK one")
    system.pipe("/bucket/day/a.zip.sha256", b"0" * 64)
    system.pipe("/bucket/b.zip.part", b"PK half")
    yield "memory://bucket"
    system.rm("/bucket", recursive=True)


def test_an_object_store_is_listed_and_read_like_a_folder(bucket: str) -> None:
    offered = source.offers(bucket)
    assert [(each.name, each.size_bytes, each.sidecar) for each in offered] == [
        ("day/a.zip", 6, "day/a.zip.sha256")
    ]
    assert abs(datetime.now(UTC) - offered[0].modified_at) < timedelta(minutes=5)
    assert source.fetch(bucket, "day/a.zip") == b"PK one"


def test_the_oldest_archive_comes_first(tmp_path: Path) -> None:
    land(tmp_path, "b.zip", b"PK", NOON - timedelta(hours=2))
    land(tmp_path, "a.zip", b"PK", NOON)
    assert [each.name for each in source.offers(str(tmp_path))] == ["b.zip", "a.zip"]


def test_a_file_that_is_gone_is_a_fault_of_the_source(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreachable, match=r"a\.zip"):
        source.fetch(str(tmp_path), "a.zip")


def test_a_source_nobody_knows_is_told_without_its_password() -> None:
    with pytest.raises(SourceUnreachable) as caught:
        source.offers("nosuch://user:s3cret@host/folder")
    assert "s3cret" not in str(caught.value)


def test_a_password_is_masked() -> None:
    assert source.masked("sftp://user:s3cret@host/folder") == "sftp://user:***@host/folder"
    assert source.masked("/srv/landing") == "/srv/landing"
