from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from dataflow_health.errors import StorageError
from dataflow_health.operations import file_removal
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.ledger import ledger, removable_files
from dataflow_health.storage.ledger.removable_files import RemovableFile
from dataflow_health.storage.ledger.stage_order import RECORDING_STAGES
from dataflow_health.storage.sql import locks
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.storage.ledger.factories import recordings, result

LATER = NOON + timedelta(days=2)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path.as_uri())


def parsed(engine: Engine, lake: Lake, folders: Sequence[str]) -> list[str]:
    """Paths of the parse files of loaded recordings, one in each folder."""
    ids = recordings(engine, len(folders))
    paths = [f"parse/arrival_day={DAY}/{folder}/file" for folder in folders]
    for path in paths:
        if ".." not in path:
            lake.write(path, b"parameters")
    for stage in RECORDING_STAGES:
        made = zip(ids, paths, strict=True)
        done = [replace(result(id_), output_path=path) for id_, path in made]
        ledger.finish(engine, stage, DAY, "run", done)
    return paths


def remove(
    engine: Engine, lake: Lake, faults: list[StorageError] | None = None
) -> Sequence[RemovableFile]:
    found = [] if faults is None else faults
    return file_removal.remove_day(engine, lake, "parse", DAY, LATER, LATER, found)


@pytest.mark.parametrize("stage", ["parse", "compress", "load"])
def test_a_day_on_which_a_run_is_at_work_is_left_for_the_next_time(
    engine: Engine, lake: Lake, stage: str
) -> None:
    parsed(engine, lake, ["tail=HB-ZAA"])
    with locks.acquire(engine, locks.stage_lock(stage, DAY)):
        assert remove(engine, lake) == ()
    assert len(remove(engine, lake)) == 1


def test_folders_leave_with_their_last_file(engine: Engine, lake: Lake) -> None:
    parsed(engine, lake, ["tail=HB-ZAA", "tail=HB-ZAB"])
    lake.write(f"parse/arrival_day={DAY}/tail=HB-ZAB/other", b"of another recording")
    assert len(remove(engine, lake)) == 2
    assert lake.folders(f"parse/arrival_day={DAY}") == [f"parse/arrival_day={DAY}/tail=HB-ZAB"]
    lake.remove(f"parse/arrival_day={DAY}/tail=HB-ZAB/other")
    assert lake.folders("parse") == [f"parse/arrival_day={DAY}"]


def test_a_lake_that_removes_nothing_is_not_tried_for_ever(
    engine: Engine, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_removal, "MOST_FAULTS", 2)
    parsed(engine, lake, ["..", "../a", "../b"])  # outside of the lake
    faults: list[StorageError] = []
    assert list(remove(engine, lake, faults)) == []
    assert len(faults) == 2
    assert len(removable_files.find(engine, "parse", DAY, LATER)) == 3
