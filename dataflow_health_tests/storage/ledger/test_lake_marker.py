from pathlib import Path

import pytest
from sqlalchemy import Engine

from dataflow_health.errors import StorageError
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.ledger import lake_marker
from dataflow_health.storage.ledger.lake_marker import MARKER
from dataflow_health_tests.storage.ledger.factories import archive

ARCHIVE = "download/b.zip"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    (tmp_path / "lake").mkdir()
    return Lake((tmp_path / "lake").as_uri())


def test_a_new_lake_is_marked_and_is_still_empty(engine: Engine, lake: Lake) -> None:
    lake_marker.ensure(engine, lake)
    assert (lake.exists(MARKER), lake.is_empty()) == (True, True)
    archive(engine)
    lake_marker.ensure(engine, lake)


def test_a_mount_point_without_its_disk_is_refused_and_left_alone(
    engine: Engine, lake: Lake
) -> None:
    archive(engine)
    lake.write("canary/report.json", b"{}")
    with pytest.raises(StorageError, match=rf"no file {MARKER}, nor {ARCHIVE}.*not mounted"):
        lake_marker.ensure(engine, lake)
    assert not lake.exists(MARKER)


def test_a_lake_with_an_archive_of_the_ledger_is_marked_again(engine: Engine, lake: Lake) -> None:
    archive(engine)
    lake.write(ARCHIVE, b"PK")
    lake_marker.ensure(engine, lake)
    assert lake.exists(MARKER)
