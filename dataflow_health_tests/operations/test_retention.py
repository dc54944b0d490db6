from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update

from dataflow_health.errors import NotAllowed, StorageError
from dataflow_health.health.retention import RetentionPolicy
from dataflow_health.operations import kept_files, leftover_files, rebuild, retention, scrub, series
from dataflow_health.stages import archive_repair
from dataflow_health.stages.stage import Dependencies
from dataflow_health.stages.store import SCHEMA_FILE
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.ledger import lake_marker, ledger
from dataflow_health.storage.ledger.stage_order import RECORDING_STAGES
from dataflow_health.storage.records import audit_log
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import fetch
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.stages import rotten_lake
from dataflow_health_tests.storage.ledger.factories import recordings, refuse, result, with_archive

ANNA = Operator("anna", "cli@ops")
POLICY = RetentionPolicy.model_validate({"parse": "P1D", "store": "P90D", "ingest": "P90D"})
LATER = NOON + timedelta(days=2)
MUCH_LATER = NOON + timedelta(days=100)


def finish(engine: Engine, lake: Lake, ids: list[str], path: Callable[[str, str], str]) -> None:
    """Every stage is done with these recordings, each with a file at ``path(stage, id)``."""
    for stage in RECORDING_STAGES:
        done = []
        for each in ids:
            place = path(stage, each)
            digest = lake.write(place, place.encode())
            done.append(replace(result(each), output_path=place, output_digest=digest, bytes_out=9))
        ledger.finish(engine, stage, DAY, "run", done)


def own_file(stage: str, id_: str) -> str:
    return f"{stage}/arrival_day={DAY}/{id_[:8]}/file"


def removed(engine: Engine) -> set[tuple[str, str]]:
    work = tables.recording_stage.c
    rows = fetch(engine, select(work.stage, work.recording_id, work.file_removed_at))
    return {(row.stage, row.recording_id) for row in rows if row.file_removed_at}


def test_a_file_is_removed_at_its_age_and_the_ledger_keeps_its_row(
    engine: Engine, tmp_path: Path
) -> None:
    lake = Lake(tmp_path.as_uri())
    [one] = recordings(engine, 1)
    finish(engine, lake, [one], own_file)
    lake.write(own_file("store", one).replace("/file", f"/{SCHEMA_FILE}"), b"{}")
    assert not any(each.files for each in retention.apply(engine, lake, POLICY, ANNA, NOON))
    planned = retention.plan(engine, POLICY, LATER)
    assert {e.stage: (e.files, e.size_bytes) for e in planned if e.files} == {"parse": (1, 9)}
    assert lake.exists(own_file("parse", one))
    assert retention.apply(engine, lake, POLICY, ANNA, LATER) == planned
    assert removed(engine) == {("parse", one)}
    retention.apply(engine, lake, POLICY, ANNA, MUCH_LATER)
    assert lake.files("store") == lake.files("parse") == lake.files("ingest") == []
    assert lake.is_file(own_file("compress", one))
    assert removed(engine) == {(stage, one) for stage in ("parse", "store", "ingest")}
    entries = [e for e in audit_log.read(engine) if e.action == "retention"]
    assert len(entries) == 3
    assert retention.apply(engine, lake, POLICY, ANNA, MUCH_LATER)[2].files == 0


def test_what_was_removed_is_neither_damaged_nor_left_over_and_what_is_made_again_is_kept(
    engine: Engine, tmp_path: Path
) -> None:
    lake = Lake(tmp_path.as_uri())
    [one] = recordings(engine, 1)
    finish(engine, lake, [one], own_file)
    retention.apply(engine, lake, POLICY, ANNA, LATER)
    files = kept_files.find(engine, day=DAY)
    assert "parse" not in {each.stage for each in files}
    assert list(scrub.find_damaged(engine, lake, [f for f in files if f.stage == "store"])) == []
    assert leftover_files.find(engine, lake) == []
    path = own_file("parse", one)
    again = replace(result(one), output_path=path, output_digest=lake.write(path, path.encode()))
    ledger.finish(engine, "parse", DAY, "run", [replace(again, finished_at=LATER)])
    assert removed(engine) == set()
    assert "parse" in {each.stage for each in kept_files.find(engine, day=DAY)}


@pytest.mark.parametrize("state", ["running", "quarantined"])
def test_a_recording_that_a_stage_or_an_operator_waits_for_keeps_its_files(
    engine: Engine, tmp_path: Path, state: str
) -> None:
    lake = Lake(tmp_path.as_uri())
    [one] = recordings(engine, 1)
    finish(engine, lake, [one], own_file)
    if state == "quarantined":
        refuse(engine, [one], "load")
    else:
        ledger.begin(engine, "analyse", [one], "run", NOON)
    assert not any(e.files for e in retention.apply(engine, lake, POLICY, ANNA, MUCH_LATER))
    assert lake.is_file(own_file("parse", one))


def test_a_file_that_recordings_share_leaves_with_the_last_of_them(
    engine: Engine, tmp_path: Path
) -> None:
    lake = Lake(tmp_path.as_uri())
    one, two = recordings(engine, 2)
    finish(engine, lake, [one, two], lambda stage, _: f"{stage}/arrival_day={DAY}/shared")
    refuse(engine, [two], "load")
    assert not any(e.files for e in retention.apply(engine, lake, POLICY, ANNA, MUCH_LATER))
    done = replace(result(two), output_path="load/x", output_digest="d")
    ledger.finish(engine, "load", DAY, "run", [done])
    outcomes = retention.apply(engine, lake, POLICY, ANNA, MUCH_LATER)
    assert {e.stage: e.files for e in outcomes if e.files} == {"parse": 1, "store": 1, "ingest": 1}


@pytest.fixture
def processed(tmp_path: Path) -> Dependencies:
    """Two recordings whose files are real until store, and that count as loaded."""
    deps = rotten_lake.make(tmp_path)
    done = [result(each.id) for each in rotten_lake.records(deps, "store")]
    for stage in ("ingest", "analyse", "load"):
        ledger.finish(deps.engine, stage, DAY, "run", done)
    return deps


@pytest.mark.slow
def test_what_was_removed_is_made_again_from_the_archive(processed: Dependencies) -> None:
    ages = {"extract": "P1D", "parse": "P1D", "compress": "P1D"}
    policy = RetentionPolicy.model_validate(ages)
    engine, lake = processed.engine, processed.lake
    before = {path: lake.read(path) for path in lake.files("compress")}
    outcomes = retention.apply(engine, lake, policy, ANNA, LATER)
    assert {e.stage: e.files for e in outcomes if e.files} == dict.fromkeys(ages, 2)
    assert lake.files("extract") == lake.files("parse") == lake.files("compress") == []
    files = [each for each in kept_files.find(engine, day=DAY) if each.stage in policy.ages]
    real = [each for each in files if each.stage != "ingest"]
    assert {each.stage for each in real} == {"download", "store"}
    assert list(scrub.find_damaged(engine, lake, real)) == []
    summary = rotten_lake.run(processed, "store")
    assert (summary.done, summary.quarantined) == (2, 0)
    assert summary.remade == ("compress", "parse", "extract")
    assert {path: lake.read(path) for path in lake.files("compress")} == before
    assert removed(engine) == set()


@pytest.mark.slow
def test_without_its_archive_a_recording_can_be_read_and_not_be_made_again(
    processed: Dependencies,
) -> None:
    given = {"download": "P1D", "compress": "P1D", "archives_are_kept_elsewhere": True}
    policy = RetentionPolicy.model_validate(given)
    engine, lake = processed.engine, processed.lake
    archives = rotten_lake.records(processed, "extract")
    sent = {each.id: lake.read(str(each.archive_path)) for each in archives}
    outcomes = retention.apply(engine, lake, policy, ANNA, LATER)
    assert {e.stage: e.files for e in outcomes if e.files} == {"download": 2, "compress": 2}
    record, _ = rotten_lake.records(processed, "parse")
    assert not lake.is_file(str(record.archive_path))
    with pytest.raises(NotAllowed, match=r"archive .* was removed by retention at .*; send it"):
        rebuild.plan(engine, record.id, "parse")
    with pytest.raises(NotAllowed, match=r"removed by retention at .* --from compress"):
        series.parameters(engine, lake, record.id)
    archive = next(
        e for e in rotten_lake.records(processed, "extract") if e.archive == record.archive
    )
    assert archive_repair.repair(processed, archive.id, sent[archive.id])
    assert lake.read(str(archive.archive_path)) == sent[archive.id]
    rebuild.plan(engine, record.id, "parse")


def test_nothing_is_removed_without_a_policy(engine: Engine, tmp_path: Path) -> None:
    lake = Lake(tmp_path.as_uri())
    finish(engine, lake, recordings(engine, 1), own_file)
    outcomes = retention.apply(engine, lake, RetentionPolicy(), ANNA, MUCH_LATER)
    assert {each.age for each in outcomes} == {None}
    assert not any(each.files for each in outcomes)


def test_a_file_that_cannot_be_removed_holds_up_no_other_and_fails_the_whole_at_its_end(
    engine: Engine, tmp_path: Path
) -> None:
    lake = Lake(tmp_path.as_uri())
    one, two = recordings(engine, 2)
    finish(engine, lake, [one, two], own_file)
    work = tables.recording_stage
    of_one = update(work).where(work.c.stage == "parse", work.c.recording_id == one)
    with writing(engine) as connection:
        connection.execute(of_one.values(output_path="../elsewhere"))
    with pytest.raises(StorageError, match=r"elsewhere.*\(1 file could not be removed, 3 were\)"):
        retention.apply(engine, lake, POLICY, ANNA, MUCH_LATER)
    assert removed(engine) == {
        ("parse", two), ("store", one), ("store", two), ("ingest", one), ("ingest", two),
    }  # fmt: skip
    assert len([e for e in audit_log.read(engine) if e.action == "retention"]) == 3


def test_nothing_counts_as_removed_from_a_lake_that_is_not_mounted(
    engine: Engine, tmp_path: Path
) -> None:
    mounted, empty = Lake((tmp_path / "mounted").as_uri()), Lake((tmp_path / "empty").as_uri())
    finish(engine, mounted, recordings(engine, 1), own_file)
    with_archive(engine)
    mounted.write(lake_marker.MARKER, lake_marker.CONTENT)
    with pytest.raises(StorageError, match="not mounted"):
        retention.apply(engine, empty, POLICY, ANNA, MUCH_LATER)
    assert removed(engine) == set()
