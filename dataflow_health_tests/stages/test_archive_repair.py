import os
from pathlib import Path

import pytest

from dataflow_health.stages import archive_repair
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.ledger.stage_records import StageRecord
from dataflow_health_tests.stages import rotten_lake
from dataflow_health_tests.stages.rotten_lake import Damage, delete, file_of, flip_bit, records, run


@pytest.fixture
def deps(tmp_path: Path) -> Dependencies:
    """Two recordings that were processed until store."""
    return rotten_lake.make(tmp_path)


def states(deps: Dependencies, stage: str) -> set[str]:
    return {each.state for each in records(deps, stage)}


def rot(deps: Dependencies, damage: Damage) -> tuple[StageRecord, Path, bytes]:
    """Damages an archive and loses what was made from it; the archive, its file and its bytes."""
    recording = records(deps, "parse")[0]
    archive = next(each for each in records(deps, "extract") if each.archive == recording.archive)
    kept = file_of(deps, "download", archive.id)
    original = kept.read_bytes()
    damage(kept)
    delete(file_of(deps, "extract", recording.id))
    assert run(deps, "parse").quarantined == 1
    return archive, kept, original


@pytest.mark.slow
@pytest.mark.parametrize("damage", [delete, flip_bit])
def test_the_same_bytes_sent_again_repair_a_rotten_archive_and_what_it_held_up(
    deps: Dependencies, tmp_path: Path, damage: Damage
) -> None:
    archive, kept, original = rot(deps, damage)
    sent = tmp_path / "landing" / (archive.archive or "")
    os.utime(sent, (sent.stat().st_mtime + 60,) * 2)
    run(deps, "download", landing=tmp_path / "landing")
    assert kept.read_bytes() == original
    assert states(deps, "extract") == states(deps, "parse") == {"done", "waiting"}
    for stage in ("extract", "parse", "compress", "store"):
        run(deps, stage)
        assert states(deps, stage) == {"done"}, stage


def test_a_sound_archive_needs_no_repair(deps: Dependencies) -> None:
    archive = records(deps, "extract")[0]
    content = file_of(deps, "download", archive.id).read_bytes()
    assert not archive_repair.repair(deps, archive.id, content)
    assert states(deps, "extract") == {"done"}


def test_a_repair_that_died_before_it_put_anything_back_is_completed(
    deps: Dependencies,
) -> None:
    archive, kept, original = rot(deps, delete)
    kept.write_bytes(original)
    assert not archive_repair.repair(deps, archive.id, original)
    assert states(deps, "parse") == {"done", "waiting"}
