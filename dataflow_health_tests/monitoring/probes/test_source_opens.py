from collections.abc import Mapping
from pathlib import Path

import pytest

from dataflow_health.errors import ArchiveRefused
from dataflow_health.storage.files import source
from dataflow_health_tests.factories import NOON, land
from dataflow_health_tests.monitoring.probes.probing import probe

CHECK = {"kind": "source_opens"}


def test_a_source_passes_when_it_is_listed_and_an_archive_opens(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    landing = tmp_path / "landing"
    assert probe(CHECK, environment).outcome == "failed"
    landing.mkdir()
    assert probe(CHECK, environment).detail == f"{landing} can be listed and has no archives"
    land(landing, "a.zip", b"PK", NOON)
    (landing / "link.zip").symlink_to("/etc/passwd")
    found = probe(CHECK, environment)
    assert (found.outcome, found.detail) == ("passed", f"archives of {landing} can be opened")


def test_a_source_whose_archives_cannot_be_opened_fails(
    environment: Mapping[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_file(_url: str, path: str, _limit: int) -> bytes:
        raise ArchiveRefused("unreadable", f"{path}: Input/output error")

    land(tmp_path / "landing", "a.zip", b"PK", NOON)
    monkeypatch.setattr(source, "read_file", read_file)
    found = probe(CHECK, environment)
    assert (found.outcome, found.detail) == ("failed", "unreadable: a.zip: Input/output error")
