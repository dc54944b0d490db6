import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from sqlalchemy import Engine

from dataflow_health.storage.ledger import lake_marker
from dataflow_health.storage.ledger.kept_archives import archive_path
from dataflow_health_tests.factories import DAY
from dataflow_health_tests.monitoring.probes.probing import probe
from dataflow_health_tests.storage.ledger.factories import archive

CHECK = {"kind": "lake_writable"}


@pytest.mark.usefixtures("engine")
def test_a_new_lake_takes_a_file(environment: Mapping[str, str], tmp_path: Path) -> None:
    found = probe(CHECK, environment)
    assert found.outcome == "passed"
    assert found.detail.startswith("digest read back (")
    names = {each.name for each in (tmp_path / "lake").iterdir()}
    assert names == {lake_marker.MARKER, ".probe"}


def test_a_lake_that_is_not_mounted_fails_and_is_not_written_to(
    engine: Engine, environment: Mapping[str, str], tmp_path: Path
) -> None:
    archive(engine)
    (tmp_path / "lake").mkdir()
    found = probe(CHECK, environment)
    assert found.outcome == "failed"
    assert "not mounted" in found.detail
    assert list((tmp_path / "lake").iterdir()) == []


@pytest.mark.usefixtures("engine")
def test_a_file_in_the_place_of_the_lake_fails(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    (tmp_path / "lake").write_bytes(b"")
    assert probe(CHECK, environment).outcome == "failed"


def test_a_ledger_that_is_away_is_no_fault_of_the_lake(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    (tmp_path / "lake").mkdir()
    away = {**environment, "DATAFLOW_HEALTH_DATABASE_URL": f"sqlite:///{tmp_path}"}
    assert probe(CHECK, away).outcome == "unknown"
    (tmp_path / "lake" / lake_marker.MARKER).touch()
    assert probe(CHECK, away).outcome == "passed"


@pytest.mark.usefixtures("engine")
def test_archives_that_a_lost_ledger_does_not_know_fail(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    """The counts balance in an empty ledger, and nothing else shows the loss."""
    kept = tmp_path / "lake" / archive_path(DAY, "a" * 64)
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"PK")
    (tmp_path / "lake" / lake_marker.MARKER).touch()
    assert probe(CHECK, environment).outcome == "passed"
    os.utime(kept, (0, 0))
    found = probe(CHECK, environment)
    assert found.outcome == "failed"
    assert "'dataflow-health ledger rebuild' restores them" in found.detail
