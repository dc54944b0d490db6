from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from dataflow_health.operations import leftover_files
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.ledger import ledger
from dataflow_health.storage.sql import locks
from dataflow_health_tests.factories import DAY
from dataflow_health_tests.stages import rotten_lake
from dataflow_health_tests.storage.ledger.factories import recordings, result

FOLDER = f"parse/arrival_day={DAY}"


def test_files_that_no_recording_has_and_unfinished_ones_are_found_and_swept(
    engine: Engine, tmp_path: Path
) -> None:
    lake, [id_] = Lake(tmp_path.as_uri()), recordings(engine, 1)
    ledger.finish(
        engine, "parse", DAY, "run", [replace(result(id_), output_path=f"{FOLDER}/known")]
    )
    for name in ("never.zip", "never.json"):
        lake.write(f"download/arrival_day={DAY}/{name}", b"the ledger may be lost")
    names = ("known", "unknown", ".torn.1234.part")
    for name in names:
        lake.write(f"{FOLDER}/{name}", b"1")
    found = leftover_files.find(engine, lake)
    assert found == [f"{FOLDER}/{name}" for name in sorted(names[1:])]
    assert leftover_files.sweep(engine, lake, found) == found
    assert [each.name for each in (tmp_path / FOLDER).iterdir()] == ["known"]


def test_files_of_a_day_that_a_run_works_on_and_of_no_day_are_left_alone(
    engine: Engine, tmp_path: Path
) -> None:
    lake = Lake(tmp_path.as_uri())
    lake.write(f"{FOLDER}/unknown", b"1")
    lake.write("ingest/_scratch/2026-11-20-ab/part", b"1")
    with locks.acquire(engine, locks.stage_lock("parse", DAY)):
        assert leftover_files.find(engine, lake) == []
    assert leftover_files.find(engine, lake) == [f"{FOLDER}/unknown"]


def test_a_file_that_a_run_has_named_or_may_write_since_it_was_found_stays(
    engine: Engine, tmp_path: Path
) -> None:
    lake, [id_] = Lake(tmp_path.as_uri()), recordings(engine, 1)
    lake.write(f"{FOLDER}/again", b"1")
    found = leftover_files.find(engine, lake)
    with locks.acquire(engine, locks.stage_lock("parse", DAY)):
        assert leftover_files.sweep(engine, lake, found) == []
    again = replace(result(id_), output_path=f"{FOLDER}/again")
    ledger.finish(engine, "parse", DAY, "run", [again])
    assert leftover_files.sweep(engine, lake, found) == []
    assert (tmp_path / FOLDER / "again").exists()


def test_no_run_begins_while_its_files_are_removed(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lake(tmp_path.as_uri())
    lake.write(f"{FOLDER}/unknown", b"1")
    locked = []
    name = locks.stage_lock("parse", DAY)
    monkeypatch.setattr(Lake, "remove", lambda *_: locked.append(locks.is_locked(engine, name)))
    leftover_files.sweep(engine, lake, leftover_files.find(engine, lake))
    assert locked == [True]


def test_stage_and_day_limit_what_is_found(engine: Engine, tmp_path: Path) -> None:
    lake = Lake(tmp_path.as_uri())
    other = FOLDER.replace(DAY, "2001-01-01")
    paths = [f"{other}/file", f"{FOLDER}/file", f"store/arrival_day={DAY}/file"]
    for path in paths:
        lake.write(path, b"1")
    assert leftover_files.find(engine, lake) == paths
    assert leftover_files.find(engine, lake, stage="parse") == paths[:2]
    assert leftover_files.find(engine, lake, day=DAY) == paths[1:]


@pytest.mark.slow
def test_a_lake_that_the_stages_filled_has_none(tmp_path: Path) -> None:
    deps = rotten_lake.make(tmp_path)
    assert leftover_files.find(deps.engine, deps.lake) == []
