from datetime import UTC, datetime
from pathlib import Path

import pytest

from dataflow_health.flight.recorder import Arinc717Recorder
from dataflow_health.stages import download, extract
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.ledger import pending, stage_records
from dataflow_health.storage.ledger.conservation import stage_counts
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch
from dataflow_health_tests.factories import (
    DAY,
    LIMITS,
    NOON,
    catalogue,
    land,
    stage_request,
    zipped,
)
from dataflow_health_tests.stages.hostile_archives import same_named
from dataflow_health_tests.storage.ledger import full_count

NAME = "HB-ZAA_20261120T081200Z.rdf"


def extracted(here: Dependencies, tmp_path: Path, **archives: bytes) -> tuple[int, int]:
    for name, content in archives.items():
        land(tmp_path / "landing", f"{name}.zip", content, NOON)
    download.run(here, stage_request(), url=str(tmp_path / "landing"), settle_s=0)
    summary = extract.run(here, stage_request(), limits=LIMITS)
    return summary.done, summary.quarantined


def members(here: Dependencies) -> dict[str, str]:
    rows = fetch(here.engine, tables.member.select())
    return {row.path: row.outcome for row in rows}


def test_every_member_is_accounted_for(here: Dependencies, tmp_path: Path) -> None:
    content = zipped({NAME: b"words", "card.txt": b"ok"})
    assert extracted(here, tmp_path, a=content) == (1, 0)
    assert members(here) == {NAME: "recording", "card.txt": "other"}
    waiting = pending.recordings(here.engine, "parse", DAY, lambda _row: "1")
    assert [(row.tail, row.layout) for row in waiting] == [("HB-ZAA", "generic_twin_256")]
    assert waiting[0].named_started_at == datetime(2026, 11, 20, 8, 12, tzinfo=UTC)


def test_a_recording_that_came_before_is_a_duplicate(here: Dependencies, tmp_path: Path) -> None:
    again = zipped({"other/" + NAME: b"words"})
    assert extracted(here, tmp_path, a=zipped({NAME: b"words"}), b=again) == (2, 0)
    assert sorted(members(here).values()) == ["duplicate", "recording"]
    parse = next(a for a in stage_counts(here.engine, NOON, DAY) if a.process == "parse")
    assert (parse.incoming, parse.in_flight, parse.duplicate, parse.unaccounted) == (2, 1, 1, 0)


def test_a_refused_member_does_not_stop_its_neighbour(here: Dependencies, tmp_path: Path) -> None:
    content = zipped({"../" + NAME: b"evil", NAME: b"words"})
    assert extracted(here, tmp_path, a=content) == (0, 1)
    assert members(here) == {"../" + NAME: "refused", NAME: "recording"}
    assert len(pending.recordings(here.engine, "parse", DAY, lambda _row: "1")) == 1
    row = stage_records.find(here.engine, stage="extract", day=DAY)[0]
    assert (row.reason, row.byte_offset) == ("path_escape", 0)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (zipped({"readme.txt": b"hello"}), "no_recording"),
        (zipped({}), "empty_archive"),
        (b"<html>Service unavailable</html>", "html_page"),
    ],
)
def test_an_archive_without_a_recording_is_quarantined_with_its_reason(
    here: Dependencies, tmp_path: Path, content: bytes, reason: str
) -> None:
    assert extracted(here, tmp_path, a=content) == (0, 1)
    assert stage_records.find(here.engine, stage="extract", day=DAY)[0].reason == reason


def test_an_archive_without_a_recording_says_what_nearly_matched(
    here: Dependencies, tmp_path: Path
) -> None:
    extracted(here, tmp_path, a=zipped({"HB-ZAA_20261120.rdf": b"words"}))
    (row,) = stage_records.find(here.engine, stage="extract", day=DAY)
    assert row.detail is not None
    assert "HB-ZAA_20261120.rdf; nearly matched generic_rdf: HB-ZAA_20261120.rdf" in row.detail


def test_extracting_again_changes_nothing(here: Dependencies, tmp_path: Path) -> None:
    extracted(here, tmp_path, a=zipped({NAME: b"words"}))
    before = full_count.total(stage_counts(here.engine, NOON))
    assert extract.run(here, stage_request(), limits=LIMITS).worked == 0
    assert extract.run(here, stage_request(force=True), limits=LIMITS).worked == 1
    assert full_count.total(stage_counts(here.engine, NOON)) == before
    assert list(members(here).values()) == ["recording"]


def test_archive_bytes_that_changed_on_disk_are_noticed(here: Dependencies, tmp_path: Path) -> None:
    extracted(here, tmp_path, a=zipped({NAME: b"words"}))
    path = fetch(here.engine, tables.archive.select())[0].path
    here.lake.write(path, zipped({NAME: b"other"}))
    assert extract.run(here, stage_request(force=True), limits=LIMITS).quarantined == 1
    assert stage_records.find(here.engine, stage="extract", day=DAY)[0].reason == "input_changed"


def test_a_new_recorder_takes_a_second_look_at_what_held_no_recording() -> None:
    known = catalogue().recorders
    more = {
        **known,
        "new": Arinc717Recorder(kind="arinc717", members=("x",), layout="generic_twin_256"),
    }
    assert extract.code_version(known) != extract.code_version(more)


def test_a_tail_that_no_folder_can_have_refuses_its_member(
    here: Dependencies, tmp_path: Path
) -> None:
    long = f"HB-{'X' * 300}_20261120T081200Z.rdf"
    content = zipped({long: b"long", NAME: b"words"})
    assert extracted(here, tmp_path, a=content) == (0, 1)
    row = stage_records.find(here.engine, stage="extract", day=DAY)[0]
    assert (row.reason, members(here)[NAME]) == ("tail_too_long", "recording")


def test_members_of_one_name_are_each_a_recording(here: Dependencies, tmp_path: Path) -> None:
    content = same_named(NAME, (b"one", b"two", b"three", b"one"))
    assert extracted(here, tmp_path, a=content) == (1, 0)
    assert members(here) == {
        NAME: "recording",
        f"{NAME}#2": "recording",
        f"{NAME}#3": "recording",
        f"{NAME}#4": "duplicate",
    }
    waiting = pending.recordings(here.engine, "parse", DAY, lambda _row: "1")
    assert [row.tail for row in waiting] == ["HB-ZAA"] * 3
