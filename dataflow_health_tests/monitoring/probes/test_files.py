from datetime import datetime, timedelta
from pathlib import Path

import pytest

from dataflow_health.monitoring.probes import files
from dataflow_health_tests.monitoring.probes.probing import NOW, make_file


def test_local_files_come_newest_first_and_folders_are_left_out(tmp_path: Path) -> None:
    make_file(tmp_path / "old.zip", age_s=60)
    make_file(tmp_path / "new.zip", age_s=1)
    (tmp_path / "folder.zip").mkdir()
    assert files.changed(str(tmp_path), "*.zip") == [
        ("new.zip", NOW - timedelta(seconds=1)),
        ("old.zip", NOW - timedelta(seconds=60)),
    ]


def test_a_path_without_a_pattern_is_the_file_itself(tmp_path: Path) -> None:
    path = make_file(tmp_path / "one.zip", age_s=5)
    assert files.changed(str(path), "") == [("one.zip", NOW - timedelta(seconds=5))]
    assert files.changed(str(tmp_path / "gone.zip"), "") == []


def test_files_of_another_file_system_are_listed_through_fsspec(tmp_path: Path) -> None:
    make_file(tmp_path / "a.zip", age_s=5)
    (tmp_path / "folder.zip").mkdir()
    url = f"local://{tmp_path}"
    assert files.changed(url, "*.zip") == [("a.zip", NOW - timedelta(seconds=5))]
    assert files.changed(f"{url}/a.zip", "") == [("a.zip", NOW - timedelta(seconds=5))]
    assert files.exists(f"{url}/a.zip")
    assert not files.exists(f"{url}/gone.zip")


@pytest.mark.parametrize(
    "info",
    [
        {"mtime": NOW.timestamp()},
        {"LastModified": NOW},
        {"modified": datetime(2026, 11, 20, 12)},  # noqa: DTZ001  (as some file systems give it)
        {"updated": "2026-11-20T12:00:00+00:00"},
    ],
)
def test_every_form_in_which_fsspec_gives_a_time_is_read(info: dict[str, object]) -> None:
    assert files._instant(info) == NOW


def test_a_file_system_that_gives_no_time_is_an_error() -> None:
    with pytest.raises(OSError, match="stores no modification times"):
        files._instant({"name": "a.zip"})
