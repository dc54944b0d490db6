import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from dataflow_health.stages import download, extract, parse
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.ledger import pending, stage_records
from dataflow_health.storage.ledger.conservation import stage_counts
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import fetch
from dataflow_health_tests.factories import (
    DAY,
    LIMITS,
    NOON,
    land,
    stage_request,
    zipped,
)
from dataflow_health_tests.stages.test_extract import extracted, members
from dataflow_health_tests.storage.ledger.factories import refuse

NEXT_DAY = "2026-11-21"
WRONG, RIGHT = "HB-ZAA_20261120T081200Z.rdf", "HB-ZAB_20261120T081200Z.rdf"


def refused_under_a_wrong_name(here: Dependencies, tmp_path: Path) -> str:
    extracted(here, tmp_path, a=zipped({WRONG: b"words"}))
    (row,) = fetch(here.engine, tables.recording.select())
    refuse(here.engine, [row.id], reason="values_in_range")
    return str(row.id)


def test_bytes_refused_under_a_wrong_name_are_parsed_under_the_right_one(
    here: Dependencies, tmp_path: Path
) -> None:
    id_ = refused_under_a_wrong_name(here, tmp_path)
    extracted(here, tmp_path, b=zipped({RIGHT: b"words"}))
    assert members(here) == {WRONG: "duplicate", RIGHT: "recording"}
    (waiting,) = pending.recordings(here.engine, "parse", DAY, lambda _row: "1")
    assert (waiting.id, waiting.tail, waiting.state) == (id_, "HB-ZAB", "waiting")
    (parse,) = stage_records.find(here.engine, stage="parse")
    assert (parse.attempts, parse.member) == (0, RIGHT)
    assert all(each.unaccounted == 0 for each in stage_counts(here.engine, NOON))


def test_the_archive_with_the_wrong_name_takes_nothing_back(
    here: Dependencies, tmp_path: Path
) -> None:
    id_ = refused_under_a_wrong_name(here, tmp_path)
    with writing(here.engine) as connection:
        earlier = tables.archive.update().values(arrived_at=NOON - timedelta(hours=1))
        connection.execute(earlier)
    extracted(here, tmp_path, b=zipped({RIGHT: b"words"}))
    refuse(here.engine, [id_], reason="no_sync")
    extract.run(here, stage_request(force=True), limits=LIMITS)
    assert members(here) == {WRONG: "duplicate", RIGHT: "recording"}
    (row,) = fetch(here.engine, tables.recording.select())
    assert row.tail == "HB-ZAB"


@pytest.mark.parametrize("day", [DAY, NEXT_DAY])
@pytest.mark.parametrize("first", [WRONG, RIGHT])
def test_each_name_of_one_run_is_tried_the_earliest_first(
    here: Dependencies, tmp_path: Path, first: str, day: str
) -> None:
    second = RIGHT if first == WRONG else WRONG
    later = NOON + timedelta(days=int(day == NEXT_DAY), minutes=1)
    land(tmp_path / "landing", "a.zip", zipped({first: b"words"}))
    land(tmp_path / "landing", "b.zip", zipped({second: b"words"}), later)
    here = replace(here, clock=lambda: later + timedelta(hours=1))
    for each in (NEXT_DAY, DAY):
        download.run(here, stage_request(each), url=str(tmp_path / "landing"), settle_s=0)
    for each in dict.fromkeys((day, DAY)):  # the later name may be read first
        extract.run(here, stage_request(each), limits=LIMITS)
    assert members(here) == {first: "recording", second: "duplicate"}
    assert parse.run(here, stage_request()).quarantined == 1
    assert extract.run(here, stage_request(day), limits=LIMITS).worked == 1
    assert members(here) == {first: "duplicate", second: "recording"}
    (row,) = stage_records.find(here.engine, stage="parse")
    assert (row.state, row.tail, row.arrival_day) == ("waiting", second[:6], day)
    assert parse.run(here, stage_request(day)).quarantined == 1
    for each in (DAY, NEXT_DAY):
        assert extract.run(here, stage_request(each), limits=LIMITS).worked == 0
    assert all(each.unaccounted == 0 for each in stage_counts(here.engine, NOON))


@pytest.mark.parametrize(("is_refused", "again"), [(False, RIGHT), (True, "again/" + WRONG)])
def test_an_accepted_recording_and_one_of_the_same_name_stay_as_they_are(
    here: Dependencies, tmp_path: Path, is_refused: bool, again: str
) -> None:
    id_ = refused_under_a_wrong_name(here, tmp_path)
    if not is_refused:
        with writing(here.engine) as connection:
            connection.execute(tables.recording_stage.update().values(state="done"))
    extracted(here, tmp_path, b=zipped({again: b"words"}))
    assert members(here) == {WRONG: "recording", again: "duplicate"}
    (parse,) = stage_records.find(here.engine, stage="parse")
    assert (parse.id, parse.tail, parse.state) == (
        id_, "HB-ZAA", "quarantined" if is_refused else "done",
    )  # fmt: skip


def test_a_renamed_archive_of_the_same_bytes_is_read_again_under_its_new_name(
    here: Dependencies, tmp_path: Path
) -> None:
    content, right = zipped({RIGHT: b"words"}), RIGHT.replace(".rdf", ".zip")
    wrong = WRONG.replace(".rdf", ".zip")
    extracted(here, tmp_path, **{wrong.removesuffix(".zip"): content})
    (row,) = fetch(here.engine, tables.recording.select())
    refuse(here.engine, [row.id], reason="tail_mismatch")
    (tmp_path / "landing" / wrong).rename(tmp_path / "landing" / right)
    extracted(here, tmp_path)
    (parse,) = stage_records.find(here.engine, stage="parse")
    assert (parse.tail, parse.state, parse.archive) == ("HB-ZAB", "waiting", right)
    (row,) = fetch(here.engine, tables.recording.select())
    assert row.named_tail is None, "archive and member name one aircraft now"
    assert members(here) == {RIGHT: "recording"}
    assert all(each.unaccounted == 0 for each in stage_counts(here.engine, NOON))


def test_the_old_name_of_a_renamed_archive_does_not_come_back_when_its_file_is_touched(
    here: Dependencies, tmp_path: Path
) -> None:
    content = zipped({RIGHT: b"words"})
    extracted(here, tmp_path, wrong=content)
    (row,) = fetch(here.engine, tables.recording.select())
    refuse(here.engine, [row.id], reason="tail_mismatch")
    extracted(here, tmp_path, right=content)
    refuse(here.engine, [row.id], reason="no_sync")
    os.utime(tmp_path / "landing" / "wrong.zip", (NOON.timestamp() + 60, NOON.timestamp() + 60))
    extracted(here, tmp_path)
    assert [each.name for each in fetch(here.engine, tables.archive.select())] == ["right.zip"]


def test_a_layout_that_an_operator_chose_stays_when_the_archive_is_read_again(
    here: Dependencies, tmp_path: Path
) -> None:
    id_ = refused_under_a_wrong_name(here, tmp_path)
    with writing(here.engine) as connection:
        connection.execute(tables.recording.update().values(layout="chosen"))
    extract.run(here, stage_request(force=True), limits=LIMITS)
    (row,) = fetch(here.engine, tables.recording.select())
    assert (row.id, row.layout) == (id_, "chosen")


def test_another_name_of_an_accepted_archive_changes_nothing(
    here: Dependencies, tmp_path: Path
) -> None:
    extracted(here, tmp_path, a=zipped({WRONG: b"words"}))
    extracted(here, tmp_path, b=zipped({WRONG: b"words"}))
    assert [each.name for each in fetch(here.engine, tables.archive.select())] == ["a.zip"]
