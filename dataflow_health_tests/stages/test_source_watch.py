from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import fsspec
import pytest

from dataflow_health.errors import DatabaseError, SourceUnreachable
from dataflow_health.stages import download, new_archives, source_watch
from dataflow_health.stages.source_watch import SourceWatch
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.files import folder_events, landing_folder, source
from dataflow_health.storage.files.folder_watch import FULL_AFTER
from dataflow_health_tests.factories import NOON, dependencies, land, stage_request, zipped

SETTLE_S = 2.0
EARLIER = NOON - timedelta(hours=1)
LATER = NOON + FULL_AFTER


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    """A landing folder with one archive."""
    folder = tmp_path / "landing"
    land(folder, "a.zip", zipped({"a.rdf": b"x"}), EARLIER)
    return folder


@pytest.fixture
def here(tmp_path: Path) -> Dependencies:
    return dependencies(tmp_path)


def take(here: Dependencies, url: str) -> None:
    download.run(here, stage_request(), url=url, settle_s=SETTLE_S)


def names(watch: SourceWatch, here: Dependencies, now: datetime = NOON) -> list[str]:
    return [each.offered.name for each in watch.find(here.engine, now, SETTLE_S)]


def test_an_archive_is_new_until_it_is_taken_and_is_then_not_looked_at(
    here: Dependencies, landing: Path
) -> None:
    watch = SourceWatch(str(landing))
    assert [names(watch, here) for _ in range(2)] == [["a.zip"], ["a.zip"]]
    take(here, str(landing))
    assert names(watch, here) == []
    land(landing, "b.zip", zipped({"b.rdf": b"x"}), EARLIER)
    with patch.object(landing_folder, "entry", wraps=landing_folder.entry) as looked_at:
        assert names(watch, here) == ["b.zip"]
    assert "a.zip" not in {call.args[0] for call in looked_at.call_args_list}


@pytest.mark.parametrize("has_events", [True, False])
def test_a_taken_archive_that_is_written_again_is_new(
    here: Dependencies, landing: Path, has_events: bool
) -> None:
    watch = SourceWatch(str(landing))
    with patch.object(folder_events, "connect", folder_events.connect if has_events else no_events):
        take(here, str(landing))
        assert names(watch, here) == []
        land(landing, "a.zip", zipped({"a.rdf": b"other"}), EARLIER)
        found = [names(watch, here), names(watch, here, LATER)]
    assert found[1] == ["a.zip"]
    assert not has_events or found[0] == ["a.zip"]


def no_events(_path: str) -> None:
    """As on a file system that another machine writes to."""


def test_a_clock_that_was_set_back_compares_all(here: Dependencies, landing: Path) -> None:
    watch = SourceWatch(str(landing))
    with patch.object(folder_events, "connect", no_events):
        take(here, str(landing))
        names(watch, here, LATER)
        land(landing, "a.zip", zipped({"a.rdf": b"other"}), EARLIER)
        assert names(watch, here, NOON) == ["a.zip"]


def test_after_an_error_all_is_compared(here: Dependencies, landing: Path) -> None:
    watch = SourceWatch(str(landing))
    take(here, str(landing))
    names(watch, here)
    land(landing, "a.zip", zipped({"a.rdf": b"other"}), EARLIER)
    with (
        patch.object(new_archives, "known_files", side_effect=DatabaseError("away")),
        pytest.raises(DatabaseError),
    ):
        names(watch, here)
    assert names(watch, here) == ["a.zip"]


def test_a_run_takes_what_a_watch_recorded_and_lists_nothing(
    here: Dependencies, landing: Path
) -> None:
    assert names(SourceWatch(str(landing)), here) == ["a.zip"]
    land(landing, "b.zip", zipped({"b.rdf": b"x"}), EARLIER)
    watched = replace(stage_request(), is_watched=True)
    with patch.object(source, "Watch", side_effect=AssertionError):
        assert download.run(here, watched, url=str(landing), settle_s=SETTLE_S).done == 1
        assert download.run(here, watched, url=str(landing), settle_s=SETTLE_S).done == 0
    assert names(SourceWatch(str(landing)), here) == ["b.zip"]


def test_a_source_that_is_not_there_is_named(here: Dependencies, tmp_path: Path) -> None:
    with pytest.raises(SourceUnreachable, match="nowhere"):
        names(SourceWatch(str(tmp_path / "nowhere")), here)


@pytest.fixture
def bucket() -> Iterator[str]:
    """An object store with one archive."""
    fsspec.filesystem("memory").pipe("/watched/a.zip", zipped({"a.rdf": b"x"}))
    yield "memory://watched"
    fsspec.filesystem("memory").rm("/watched", recursive=True)


def test_an_object_store_is_listed_whole(here: Dependencies, bucket: str) -> None:
    watch = SourceWatch(bucket)
    far = NOON.replace(year=2100)
    assert names(watch, here, far) == ["a.zip"]
    assert names(watch, here, far) == ["a.zip"]


def test_all_ticks_share_the_watch_of_a_source(here: Dependencies) -> None:
    assert source_watch.of(here.engine, "one") is source_watch.of(here.engine, "one")
    assert source_watch.of(here.engine, "one") is not source_watch.of(here.engine, "other")
