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
    leftover_files.sweep(lake, found)
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


@pytest.mark.slow
def test_a_lake_that_the_stages_filled_has_none(tmp_path: Path) -> None:
    deps = rotten_lake.make(tmp_path)
    assert leftover_files.find(deps.engine, deps.lake) == []
