import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import fsspec
import pytest

from dataflow_health.errors import ArchiveRefused, SourceUnreachable
from dataflow_health.storage.files import landing_folder, source
from dataflow_health_tests.factories import NOON, land
from dataflow_health_tests.storage import serving


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
    offered = source.list_archives(bucket)
    assert [(each.name, each.size_bytes, each.sidecar) for each in offered] == [
        ("day/a.zip", 6, "day/a.zip.sha256")
    ]
    assert abs(datetime.now(UTC) - offered[0].modified_at) < timedelta(minutes=5)
    assert source.read_file(bucket, "day/a.zip") == b"PK one"


def test_the_oldest_archive_comes_first(tmp_path: Path) -> None:
    land(tmp_path, "b.zip", b"PK", NOON - timedelta(hours=2))
    land(tmp_path, "a.zip", b"PK", NOON)
    assert [each.name for each in source.list_archives(str(tmp_path))] == ["b.zip", "a.zip"]


def test_a_file_that_no_longer_exists_is_refused_while_its_source_answers(
    tmp_path: Path, bucket: str
) -> None:
    for url in (str(tmp_path), bucket):
        with pytest.raises(ArchiveRefused, match=r"gone: a\.zip"):
            source.read_file(url, "a.zip")
    with pytest.raises(SourceUnreachable, match="no such folder"):
        source.read_file(str(tmp_path / "nowhere"), "a.zip")


def test_at_most_the_given_number_of_bytes_is_read(tmp_path: Path, bucket: str) -> None:
    land(tmp_path, "a.zip", b"PK one")
    assert source.read_file(str(tmp_path), "a.zip", 2) == b"PK"
    assert source.read_file(bucket, "day/a.zip", 2) == b"PK"


def test_what_is_named_as_an_archive_and_is_none_is_refused_by_name(tmp_path: Path) -> None:
    land(tmp_path / "folder.zip", "inner.zip", b"PK")
    (tmp_path / "link.zip").symlink_to("/etc/passwd")
    (tmp_path / "folder.zip" / "inner.zip.sha256").symlink_to("/etc/passwd")
    (tmp_path / "link.txt").symlink_to("/etc/passwd")
    listing = source.list_entries(str(tmp_path))
    assert [(each.name, each.sidecar) for each in listing.archives] == [
        ("folder.zip/inner.zip", None)
    ]
    assert {each.name: each.reason for each in listing.refused} == {
        "folder.zip": "folder",
        "folder.zip/inner.zip.sha256": "link",
        "link.zip": "link",
    }


def test_files_that_are_no_archives_are_listed_with_the_reason(tmp_path: Path) -> None:
    for name in ("a.zip", "a.zip.sha256", "b.ZIP.Part", "HB-ZAA.rdf", "c.rar", ".hidden"):
        land(tmp_path, name, b"PK")
    listing = source.list_entries(str(tmp_path))
    assert [each.name for each in listing.archives] == ["a.zip"]
    assert [(each.name, each.reason) for each in listing.refused] == [
        ("HB-ZAA.rdf", "not_an_archive"),
        ("b.ZIP.Part", "unfinished_upload"),
        ("c.rar", "not_an_archive"),
    ]


def test_a_folder_of_other_files_is_listed_in_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "MOST_STRANGE", 2)
    for name in "abc":
        land(tmp_path, name, b"")
    assert [each.name for each in source.list_entries(str(tmp_path)).refused] == ["a", "b"]


def test_a_link_on_a_server_is_refused(tmp_path: Path) -> None:
    land(tmp_path, "a.zip", b"PK one", NOON)
    (tmp_path / "link.zip").symlink_to(tmp_path / "a.zip")
    with serving.sftp(tmp_path) as port:
        listing = source.list_entries(url_of(port))
    assert [each.name for each in listing.archives] == ["a.zip"]
    assert [(each.name, each.reason) for each in listing.refused] == [("link.zip", "link")]


def test_a_name_that_is_not_utf_8_is_escaped_and_its_file_is_read(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.zip")).write_bytes(b"PK")
    [offered] = source.list_archives(str(tmp_path))
    assert offered.name == "caf\\udce9.zip"
    assert source.read_file(str(tmp_path), offered.path) == b"PK"


def test_a_path_above_a_kilobyte_is_refused(tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*["d" * 200] * 6)
    land(folder, "a.zip", b"PK")
    land(tmp_path, "b.zip", b"PK")
    listing = source.list_entries(str(tmp_path))
    assert [each.name for each in listing.archives] == ["b.zip"]
    assert [each.reason for each in listing.refused] == ["name_too_long"]


@pytest.mark.parametrize(("seconds", "year"), [(1e15, 9999), (-1e15, 1970), (253402300000, 9999)])
def test_a_time_that_no_calendar_has_is_the_first_or_the_last(seconds: float, year: int) -> None:
    assert source._utc(seconds).year == year


def test_an_unknown_kind_of_source_is_named_without_its_password() -> None:
    with pytest.raises(SourceUnreachable) as caught:
        source.list_archives("nosuch://user:s3cret@host/folder")
    assert "s3cret" not in str(caught.value)


def url_of(port: int, folder: str = "", password: str = serving.PASSWORD) -> str:
    return f"sftp://{serving.USER}:{password}@127.0.0.1:{port}/{folder}"


@pytest.fixture
def upload(tmp_path: Path) -> Path:
    (tmp_path / "day").mkdir()
    land(tmp_path / "day", "a.zip", b"PK one", NOON)
    (tmp_path / "day" / "a.zip.sha256").write_text("0" * 64)
    (tmp_path / "b.zip.part").write_bytes(b"PK half")
    return tmp_path


@pytest.mark.slow
def test_a_server_of_sftp_is_listed_and_read_like_a_folder(upload: Path) -> None:
    with serving.sftp(upload) as port:
        [offered] = source.list_archives(url_of(port))
        assert (offered.name, offered.sidecar) == ("day/a.zip", "day/a.zip.sha256")
        assert (offered.size_bytes, offered.modified_at) == (6, NOON)
        assert source.read_file(url_of(port), "day/a.zip") == b"PK one"


@pytest.mark.parametrize(
    ("folder", "password", "problem"),
    [("", "wrong", "AuthenticationException"), ("nosuch", serving.PASSWORD, "no such folder")],
)
def test_a_refusal_by_sftp_makes_the_source_unreachable(
    upload: Path, folder: str, password: str, problem: str
) -> None:
    with serving.sftp(upload) as port, pytest.raises(SourceUnreachable, match=problem) as caught:
        source.list_archives(url_of(port, folder, password))
    assert password not in str(caught.value)


def test_a_server_that_was_away_is_read_again_when_it_is_back(upload: Path) -> None:
    with serving.sftp(upload) as port:
        assert len(source.list_archives(url_of(port))) == 1
    for _ in range(2):
        with pytest.raises(SourceUnreachable):
            source.list_archives(url_of(port))
    with serving.sftp(upload, port):
        assert len(source.list_archives(url_of(port))) == 1


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Object storage with one bucket; gives its URL."""
    with serving.object_storage() as url:
        given = {"ENDPOINT_URL": url, "ACCESS_KEY_ID": "x", "SECRET_ACCESS_KEY": "s3cret"}
        for name, value in {**given, "DEFAULT_REGION": "us-east-1"}.items():
            monkeypatch.setenv(f"AWS_{name}", value)
        system = fsspec.filesystem("s3", skip_instance_cache=True)
        system.mkdir("uploads")
        system.pipe({"uploads/day/a.zip": b"PK one", "uploads/day/a.zip.sha256": b"0" * 64})
        yield url
        type(system).clear_instance_cache()


@pytest.mark.slow
@pytest.mark.usefixtures("storage")
def test_s3_is_listed_and_read_like_a_folder() -> None:
    [offered] = source.list_archives("s3://uploads")
    assert (offered.name, offered.sidecar) == ("day/a.zip", "day/a.zip.sha256")
    assert abs(datetime.now(UTC) - offered.modified_at) < timedelta(minutes=5)
    assert source.read_file("s3://uploads", "day/a.zip") == b"PK one"
    assert source.read_file("s3://uploads", "day/a.zip.sha256", 4) == b"0000"
    fsspec.filesystem("s3").pipe("uploads/day/empty.zip.sha256", b"")
    assert source.read_file("s3://uploads", "day/empty.zip.sha256", 4) == b""
    fsspec.filesystem("s3").rm("uploads/day/empty.zip.sha256")
    assert [each.name for each in source.list_archives("s3://uploads/day")] == ["a.zip"]
    with pytest.raises(SourceUnreachable, match="no such folder"):
        source.list_archives("s3://nosuch")


@pytest.mark.slow
def test_object_storage_that_does_not_answer_makes_the_source_unreachable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = {"ENDPOINT_URL": "http://127.0.0.1:1", "ACCESS_KEY_ID": "x", "MAX_ATTEMPTS": "1"}
    for name, value in {**given, "SECRET_ACCESS_KEY": "s3cret"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    with pytest.raises(SourceUnreachable, match="s3://uploads: EndpointConnectionError"):
        source.list_archives("s3://uploads")


def test_one_connection_of_sftp_is_not_shared_by_threads(upload: Path) -> None:
    assert source.reads_in_parallel(str(upload))
    with serving.sftp(upload) as port:
        assert not source.reads_in_parallel(url_of(port))


def test_a_large_folder_is_listed_no_further_than_to_some_archives(
    tmp_path: Path, bucket: str
) -> None:
    for number in range(9):
        land(tmp_path, f"{number}.zip", b"PK", NOON)
    (tmp_path / "0.txt").touch()
    (tmp_path / "00.zip").symlink_to("/etc/passwd")
    with patch.object(landing_folder, "entry", wraps=landing_folder.entry) as looked_at:
        assert source.some_archives(str(tmp_path), 2) == ["0.zip", "1.zip"]
    assert looked_at.call_count == 4
    assert source.some_archives(bucket, 2) == ["day/a.zip"]
