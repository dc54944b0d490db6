from datetime import datetime, timedelta
from pathlib import Path

import pytest

from dataflow_health.errors import SourceUnreachable
from dataflow_health.stages.new_archives import select_new
from dataflow_health.stages.source_watch import find
from dataflow_health.storage.files.source import SourceFile
from dataflow_health.storage.ledger.landing_entries import FileVersion
from dataflow_health_tests.factories import NOON, dependencies, land, zipped

SETTLE_S = 2.0


def select(
    offered: SourceFile, known: set[FileVersion] | None = None, now: datetime = NOON
) -> list[tuple[str, datetime]]:
    found = select_new([offered], known or set(), now, SETTLE_S, {})
    return [(each.offered.name, each.arrived_at) for each in found]


def test_a_file_that_still_changes_is_left_until_it_has_settled() -> None:
    fresh = SourceFile("a.zip", 10, NOON - timedelta(seconds=1), None)
    assert select(fresh) == []
    assert len(select(fresh, now=NOON + timedelta(seconds=1))) == 1


def test_a_file_with_a_sidecar_need_not_settle() -> None:
    assert len(select(SourceFile("a.zip", 10, NOON, "a.zip.sha256"))) == 1


def test_a_file_from_the_future_arrived_now() -> None:
    ahead = SourceFile("a.zip", 10, NOON + timedelta(days=400), "a.zip.sha256")
    assert select(ahead) == [("a.zip", NOON)]


def test_a_file_from_the_future_settles_by_staying_as_it_was_first_seen(tmp_path: Path) -> None:
    ahead = NOON.replace(year=2031)
    land(tmp_path / "landing", "a.zip", zipped({"a.rdf": b"x"}), ahead)
    engine, url = dependencies(tmp_path).engine, str(tmp_path / "landing")
    later = [NOON + timedelta(seconds=each) for each in (0, 1, 3)]
    assert [len(find(engine, url, now, SETTLE_S)) for now in later] == [0, 0, 1]
    land(tmp_path / "landing", "a.zip", zipped({"a.rdf": b"still written"}), ahead)
    later = [NOON + timedelta(seconds=each) for each in (4, 5, 7)]
    found = [find(engine, url, now, SETTLE_S) for now in later]
    assert [[each.arrived_at for each in some] for some in found] == [[], [], [later[0]]]


@pytest.mark.parametrize(
    ("known", "count"),
    [
        (("a.zip", 10, NOON), 0),
        (("b.zip", 10, NOON), 1),
        (("a.zip", 11, NOON), 1),
        (("a.zip", 10, NOON - timedelta(seconds=1)), 1),
    ],
)
def test_only_the_very_version_that_was_downloaded_is_known(known: FileVersion, count: int) -> None:
    assert len(select(SourceFile("a.zip", 10, NOON, "a.zip.sha256"), {known})) == count


def test_archives_belong_to_the_day_on_which_they_arrived(tmp_path: Path) -> None:
    late = NOON.replace(hour=23, minute=59)
    land(tmp_path / "landing", "a.zip", zipped({"a.rdf": b"x"}), late)
    land(tmp_path / "landing", "b.zip", zipped({"b.rdf": b"x"}), late + timedelta(minutes=2))
    engine = dependencies(tmp_path).engine
    found = find(engine, str(tmp_path / "landing"), late + timedelta(hours=1), SETTLE_S)
    assert [(each.offered.name, each.day) for each in found] == [
        ("a.zip", "2026-11-20"),
        ("b.zip", "2026-11-21"),
    ]


def test_a_source_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreachable, match="no such folder"):
        find(dependencies(tmp_path).engine, str(tmp_path / "nowhere"), NOON, SETTLE_S)
