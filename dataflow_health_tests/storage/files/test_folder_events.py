from pathlib import Path
from unittest.mock import patch

import pytest

from dataflow_health.storage.files import folder_events
from dataflow_health.storage.files.folder_events import EventsLost, FolderEvents

pytestmark = pytest.mark.skipif(
    folder_events.sys.platform != "linux", reason="only Linux has these events"
)


def test_names_that_come_and_are_written_are_given_once_they_are_asked_for(tmp_path: Path) -> None:
    events = FolderEvents()
    events.add("day", str(tmp_path))
    (tmp_path / "a.zip").write_bytes(b"PK")
    (tmp_path / "deep").mkdir()
    found = set(events.read())
    assert {(each.folder, each.name, each.is_folder) for each in found} == {
        ("day", "a.zip", False),
        ("day", "deep", True),
    }
    assert list(events.read()) == []
    events.close()


def test_a_folder_that_is_moved_away_makes_paths_unknown(tmp_path: Path) -> None:
    events = FolderEvents()
    (tmp_path / "deep").mkdir()
    events.add("", str(tmp_path))
    (tmp_path / "deep").rename(tmp_path / "other")
    with pytest.raises(EventsLost):
        list(events.read())
    events.close()


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs", ""])
def test_a_file_system_that_others_write_to_has_no_events(tmp_path: Path, kind: str) -> None:
    with patch.object(folder_events, "_file_system", lambda _path: kind):
        assert folder_events.connect(str(tmp_path)) is None
