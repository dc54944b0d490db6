import errno
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from dataflow_health.errors import ArchiveRefused
from dataflow_health.storage.files import landing_folder


def link_out(path: Path) -> None:
    path.symlink_to("/etc/passwd")


def dangling_link(path: Path) -> None:
    path.symlink_to(path.with_name("nothing"))


def link_to_itself(path: Path) -> None:
    path.symlink_to(path)


def fifo(path: Path) -> None:
    os.mkfifo(path)


def unix_socket(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    with socket.socket(socket.AF_UNIX) as bound:  # its address may have 107 bytes only
        bound.bind(f"/proc/self/fd/{folder}/{path.name}")
    os.close(folder)


def folder(path: Path) -> None:
    path.mkdir()


KINDS = [
    (link_out, "link"),
    (dangling_link, "link"),
    (link_to_itself, "link"),
    (fifo, "fifo"),
    (unix_socket, "socket"),
    (folder, "folder"),
]


@pytest.mark.parametrize(("make", "reason"), KINDS)
def test_only_a_regular_file_is_listed_without_a_reason_and_opened(
    tmp_path: Path, make: Callable[[Path], None], reason: str
) -> None:
    make(tmp_path / "odd.zip")
    (tmp_path / "a.zip").write_bytes(b"PK")
    found = {each.name: each.reason for each in landing_folder.entries(str(tmp_path))}
    assert found == {"a.zip": "", "odd.zip": reason}
    assert landing_folder.read(str(tmp_path), "a.zip") == b"PK"
    with pytest.raises(ArchiveRefused) as caught:
        landing_folder.read(str(tmp_path), "odd.zip")
    assert caught.value.reason == reason
    assert "odd.zip" in caught.value.detail


def test_a_folder_that_became_a_link_since_it_was_listed_is_not_followed(tmp_path: Path) -> None:
    outside, root = tmp_path / "outside", tmp_path / "root"
    (root / "day").mkdir(parents=True)
    outside.mkdir()
    (outside / "a.zip").write_bytes(b"secret")
    (root / "day").rmdir()
    (root / "day").symlink_to(outside)
    with pytest.raises(ArchiveRefused) as caught:
        landing_folder.read(str(root), "day/a.zip")
    assert caught.value.reason == "link"
    assert [each.name for each in landing_folder.entries(str(root))] == ["day"]


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.zip").write_bytes(b"PK")
    (tmp_path / "landing").symlink_to(tmp_path / "real")
    root = str(tmp_path / "landing")
    assert [each.name for each in landing_folder.entries(root)] == ["a.zip"]
    assert landing_folder.read(root, "a.zip") == b"PK"


def test_a_folder_that_cannot_be_read_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("closed", "open"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.zip").write_bytes(b"PK")
    scan = os.scandir

    def refuse_closed(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse_closed)
    found = {each.name: each.reason for each in landing_folder.entries(str(tmp_path))}
    assert found["closed/"] == "no_permission"
    assert found["open/a.zip"] == ""


def test_a_file_without_permission_is_named_when_it_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK")
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    [found] = landing_folder.entries(str(tmp_path))
    assert found.reason == "no_permission"


def test_an_error_that_concerns_more_than_one_entry_stays_what_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK")
    real = os.open

    def exhausted(path: str, flags: int, **given: int) -> int:
        if given:
            raise OSError(errno.EMFILE, "Too many open files")
        return real(path, flags)

    monkeypatch.setattr(os, "open", exhausted)
    with pytest.raises(OSError, match="Too many open files"):
        landing_folder.read(str(tmp_path), "a.zip")


def test_a_folder_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(landing_folder.entries(str(tmp_path / "nowhere")))
    with pytest.raises(FileNotFoundError):
        landing_folder.read(str(tmp_path / "nowhere"), "a.zip")


def test_hidden_files_and_folders_are_left_out(tmp_path: Path) -> None:
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "a.zip").write_bytes(b"PK")
    (tmp_path / ".b.zip").write_bytes(b"PK")
    assert list(landing_folder.entries(str(tmp_path))) == []
