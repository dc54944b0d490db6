import errno
from pathlib import Path

import pytest

from dataflow_health_tests.monitoring.probes.probing import probe


def test_a_file_exists_or_is_missing(tmp_path: Path) -> None:
    check = {"kind": "file_exists", "path_from": "LANDING"}
    assert probe(check, {"LANDING": str(tmp_path)}).outcome == "passed"
    assert probe(check, {"LANDING": tmp_path.as_uri()}).outcome == "passed"
    gone = probe(check, {"LANDING": str(tmp_path / "gone")})
    assert (gone.outcome, gone.detail) == ("failed", f"{tmp_path / 'gone'} is missing")


def test_a_path_on_another_file_system_is_read_through_fsspec() -> None:
    assert probe({"kind": "file_exists", "path": "memory://nothing/here"}).outcome == "failed"


def test_a_folder_that_cannot_be_listed_fails_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def scandir(path: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr("os.scandir", scandir)
    result = probe({"kind": "file_exists", "path": str(tmp_path)})
    assert result.outcome != "passed"
    assert "Permission denied" in result.detail
