from datetime import timedelta
from pathlib import Path

import pytest

from dataflow_health.errors import SourceUnreachable
from dataflow_health.operations import due_days
from dataflow_health.settings import Settings
from dataflow_health.stages import download
from dataflow_health.stages.stage import Dependencies
from dataflow_health_tests.factories import NOON, dependencies, land, stage_request, zipped

SETTLE_S = 2.0
DAY = f"{NOON:%F}"


@pytest.fixture
def here(tmp_path: Path) -> Dependencies:
    return dependencies(tmp_path)


@pytest.fixture
def chosen(tmp_path: Path) -> Settings:
    (tmp_path / "landing").mkdir()
    return Settings(home=tmp_path, source_url=str(tmp_path / "landing"), settle_s=SETTLE_S)


def _land(chosen: Settings) -> None:
    landed_at = NOON - timedelta(minutes=1)
    land(Path(chosen.source_url), "a.zip", zipped({"a.rdf": b"x"}), landed_at)


def test_without_an_archive_no_day_is_due(here: Dependencies, chosen: Settings) -> None:
    assert due_days.find(here, chosen) == []


def test_the_day_of_a_new_archive_is_due(here: Dependencies, chosen: Settings) -> None:
    _land(chosen)
    assert due_days.find(here, chosen) == [DAY]


def test_a_day_stays_due_while_later_stages_have_not_taken_its_archive(
    here: Dependencies, chosen: Settings
) -> None:
    _land(chosen)
    download.run(here, stage_request(), url=chosen.source_url, settle_s=SETTLE_S)
    assert due_days.find(here, chosen) == [DAY]


def test_a_landing_folder_that_is_away_is_named(here: Dependencies, chosen: Settings) -> None:
    Path(chosen.source_url).rmdir()
    with pytest.raises(SourceUnreachable, match="landing"):
        due_days.find(here, chosen)
