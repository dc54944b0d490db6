from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine

from dataflow_health.stages import source_watch
from dataflow_health_tests.factories import NOON, land
from dataflow_health_tests.monitoring.probes.probing import probe

CHECK = {"kind": "landing_entries"}


def test_an_entry_that_is_not_taken_is_named_with_its_reason(
    engine: Engine, environment: Mapping[str, str], tmp_path: Path
) -> None:
    landing = tmp_path / "landing"
    land(landing, "ahead.zip", b"PK", NOON.replace(year=2031))
    source_watch.find(engine, str(landing), NOON, 2)
    assert probe(CHECK, environment).outcome == "passed"
    (landing / "link.zip").symlink_to("/etc/passwd")
    source_watch.find(engine, str(landing), NOON, 2)
    found = probe(CHECK, environment)
    assert found.outcome == "failed"
    assert found.detail == f"entries of {landing} that are not taken: 1: link.zip (link)"
    (landing / "link.zip").unlink()
    source_watch.find(engine, str(landing), NOON, 2)
    assert probe(CHECK, environment).outcome == "passed"


def test_other_files_and_unfinished_uploads_are_reported_once_they_rest(
    engine: Engine, environment: Mapping[str, str], tmp_path: Path
) -> None:
    landing = tmp_path / "landing"
    for name in ("HB-ZAA.rdf", "b.zip.part", "readme.txt"):
        land(landing, name, b"PK", NOON)

    source_watch.find(engine, str(landing), NOON, 2)
    for rest_s, names in {
        20: "0",
        40: "1: HB-ZAA.rdf (not_an_archive)",
        700: "2: HB-ZAA.rdf (not_an_archive), b.zip.part (unfinished_upload)",
    }.items():
        found = probe(CHECK, environment, now=NOON + timedelta(seconds=rest_s))
        assert found.detail.endswith(f"that are not taken: {names}")


def test_an_upload_that_grows_is_not_reported(
    engine: Engine, environment: Mapping[str, str], tmp_path: Path
) -> None:
    landing = tmp_path / "landing"
    for minute in range(0, 60, 5):
        land(landing, "b.zip.part", b"PK" * (1 + minute), NOON)
        source_watch.find(engine, str(landing), NOON + timedelta(minutes=minute), 2)
        found = probe(CHECK, environment, now=NOON + timedelta(minutes=minute))
        assert found.outcome == "passed"
