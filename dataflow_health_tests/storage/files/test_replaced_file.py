from pathlib import Path

import pytest

from dataflow_health.storage.files.replaced_file import replace_file


def test_a_file_is_replaced_as_a_whole_and_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "views" / "night.yaml"
    replace_file(path, b"one")
    path.chmod(0o640)
    replace_file(path, b"two")
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(path.parent.iterdir()) == [path]


def test_what_was_there_stays_when_the_new_content_cannot_be_written(tmp_path: Path) -> None:
    path = tmp_path / "night.yaml"
    path.mkdir()
    with pytest.raises(OSError, match=r"night\.yaml"):
        replace_file(path, b"two")
    assert list(tmp_path.iterdir()) == [path]
