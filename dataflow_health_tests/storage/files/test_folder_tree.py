from datetime import timedelta
from pathlib import Path

import fsspec
import pytest

from dataflow_health.storage.files import source
from dataflow_health.storage.files.folder_tree import LocalTree, SftpTree
from dataflow_health.storage.files.source import Watch
from dataflow_health_tests.factories import NOON, land
from dataflow_health_tests.storage import serving


def test_a_folder_here_gives_names_types_and_times(tmp_path: Path) -> None:
    land(tmp_path / "day", "a.zip", b"PK", NOON)
    tree = LocalTree(str(tmp_path))
    [found] = tree.names("day")
    assert (found.name, found.size_bytes, found.modified_s) == ("a.zip", 2, NOON.timestamp())
    assert [each.name for each in tree.look("day/a.zip")] == ["day/a.zip"]
    assert list(tree.look("day/b.zip")) == []


@pytest.mark.slow
def test_a_server_of_sftp_is_watched_by_the_times_of_its_folders(tmp_path: Path) -> None:
    land(tmp_path / "day", "a.zip", b"PK", NOON)
    with serving.sftp(tmp_path) as port:
        url = f"sftp://{serving.USER}:{serving.PASSWORD}@127.0.0.1:{port}/"
        watch = Watch(url)
        taken: set[str] = set()

        def names(seconds: int) -> list[str]:
            found = watch.list_new(
                lambda files: [each.path for each in files if each.path not in taken],
                NOON + timedelta(seconds=seconds),
            )
            watch.leave_out(each for each in found.archives if each.path in taken)
            return [each.name for each in found.archives if each.path not in taken]

        assert names(0) == ["day/a.zip"]
        taken.add("day/a.zip")
        assert names(1) == []
        land(tmp_path / "day", "b.zip", b"PK", NOON)
        land(tmp_path / "other" / "deep", "c.zip", b"PK", NOON)
        assert {name for n in range(2, 8) for name in names(n)} == {
            "day/b.zip",
            "other/deep/c.zip",
        }
        assert [each.name for each in source.look(url, ["day/b.zip"]).archives] == ["day/b.zip"]
        system, _ = fsspec.core.url_to_fs(url)
        assert list(SftpTree(system.ftp, "/").look("day/none.zip")) == []
