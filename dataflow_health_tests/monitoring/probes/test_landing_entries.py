from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import Engine

from dataflow_health.stages import new_archives
from dataflow_health_tests.factories import NOON, land
from dataflow_health_tests.monitoring.probes.probing import probe

CHECK = {"kind": "landing_entries"}


def test_an_entry_that_is_not_taken_is_named_with_its_reason(
    engine: Engine, environment: Mapping[str, str], tmp_path: Path
) -> None:
    landing = tmp_path / "landing"
    land(landing, "ahead.zip", b"PK", NOON.replace(year=2031))
    new_archives.find(engine, str(landing), NOON, 2)
    assert probe(CHECK, environment).outcome == "passed"
    (landing / "link.zip").symlink_to("/etc/passwd")
    new_archives.find(engine, str(landing), NOON, 2)
    found = probe(CHECK, environment)
    assert found.outcome == "failed"
    assert found.detail == f"entries of {landing} that are not taken: 1: link.zip (link)"
    (landing / "link.zip").unlink()
    new_archives.find(engine, str(landing), NOON, 2)
    assert probe(CHECK, environment).outcome == "passed"
