from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert

from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.ledger import kept_archives
from dataflow_health.storage.ledger.kept_archives import COMMIT_WITHIN, archive_path
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.factories import DAY, NOON

NEXT_DAY = "2026-11-21"


def later() -> datetime:
    """When the present files are no longer taken for a download under way."""
    return datetime.now(UTC) + COMMIT_WITHIN + timedelta(minutes=1)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake((tmp_path / "lake").as_uri())


def keep(lake: Lake, day: str, digest: str) -> str:
    path = archive_path(day, digest * 64)
    lake.write(path, b"PK")
    lake.write(path.replace(".zip", ".json"), b"{}")
    return path


def know(engine: Engine, path: str, day: str, digest: str) -> None:
    row = {
        "id": digest * 64, "name": "a.zip", "source": "landing", "size_bytes": 2, "path": path,
        "arrival_day": day, "arrived_at": NOON, "received_at": NOON, "received_by": "test",
    }  # fmt: skip
    with writing(engine) as connection:
        connection.execute(insert(tables.archive).values(**row))


def test_an_archive_that_the_ledger_lacks_is_found(engine: Engine, lake: Lake) -> None:
    known, unknown = keep(lake, DAY, "a"), keep(lake, DAY, "b")
    know(engine, known, DAY, "a")
    assert kept_archives.unknown(engine, lake) == [unknown]
    assert kept_archives.unknown_sample(engine, lake, later()) == [unknown]


def test_the_sample_looks_at_the_newest_day_and_at_days_that_the_ledger_lacks(
    engine: Engine, lake: Lake
) -> None:
    know(engine, keep(lake, DAY, "a"), DAY, "a")
    newest, lost = keep(lake, NEXT_DAY, "b"), keep(lake, "2026-11-19", "c")
    assert sorted(kept_archives.unknown_sample(engine, lake, later())) == [lost, newest]


def test_of_some_days_all_archives_are_compared(engine: Engine, lake: Lake) -> None:
    know(engine, keep(lake, DAY, "a"), DAY, "a")
    know(engine, keep(lake, NEXT_DAY, "b"), NEXT_DAY, "b")
    lost, _ = keep(lake, DAY, "c"), keep(lake, NEXT_DAY, "d")
    assert kept_archives.unknown_of(engine, lake, DAY.__eq__, later()) == [lost]


def test_what_is_being_downloaded_is_not_unknown_yet(engine: Engine, lake: Lake) -> None:
    keep(lake, DAY, "a")
    assert kept_archives.unknown_sample(engine, lake, datetime.now(UTC)) == []


def test_an_empty_lake_has_no_unknown_archive(engine: Engine, lake: Lake) -> None:
    assert kept_archives.unknown(engine, lake) == []
    assert kept_archives.unknown_sample(engine, lake, later()) == []
