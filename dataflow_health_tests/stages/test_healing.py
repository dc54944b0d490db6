from pathlib import Path

import pytest

from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.ledger.conservation import stage_counts
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.stages import rotten_lake
from dataflow_health_tests.stages.rotten_lake import Damage, delete, file_of, flip_bit, records, run


@pytest.fixture
def deps(tmp_path: Path) -> Dependencies:
    """Two recordings that were processed until store."""
    return rotten_lake.make(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("damage", [delete, flip_bit])
@pytest.mark.parametrize("stage", ["parse", "compress", "store"])
def test_a_damaged_input_is_made_again_by_the_stage_before(
    deps: Dependencies, stage: str, damage: Damage
) -> None:
    before = records(deps, stage)
    file = file_of(deps, STAGES[STAGES.index(stage) - 1], before[0].id)
    original = file.read_bytes()
    damage(file)
    summary = run(deps, stage)
    assert (summary.worked, summary.done, summary.quarantined) == (2, 2, 0)
    assert summary.remade == (STAGES[STAGES.index(stage) - 1],)
    assert file.read_bytes() == original
    assert [each.output_digest for each in records(deps, stage)] == [
        each.output_digest for each in before
    ]
    assert all(counts.balances for counts in stage_counts(deps.engine, NOON))


@pytest.mark.slow
def test_every_stage_back_to_the_kept_archive_makes_its_files_again(deps: Dependencies) -> None:
    files = {path: deps.lake.read(path) for path in deps.lake.files("compress")}
    for stage in ("extract", "parse", "compress"):
        deps.lake.remove_folder(stage)
    summary = run(deps, "store")
    assert (summary.done, summary.quarantined) == (2, 0)
    assert summary.remade == ("compress", "parse", "extract")
    assert {path: deps.lake.read(path) for path in deps.lake.files("compress")} == files


def test_a_sound_day_asks_no_stage_before(deps: Dependencies) -> None:
    attempts = [each.attempts for each in records(deps, "compress")]
    assert run(deps, "store").done == 2
    assert [each.attempts for each in records(deps, "compress")] == attempts


def test_what_cannot_be_made_again_is_refused_alone(deps: Dependencies) -> None:
    first, second = records(deps, "parse")
    archive = next(each for each in records(deps, "extract") if each.archive == first.archive)
    delete(file_of(deps, "download", archive.id))
    delete(file_of(deps, "extract", first.id))
    summary = run(deps, "parse")
    assert (summary.done, summary.quarantined) == (1, 1)
    states = {each.id: (each.state, each.reason) for each in records(deps, "parse")}
    assert states == {first.id: ("quarantined", "input_missing"), second.id: ("done", None)}
    refused = {each.id: each.reason for each in records(deps, "extract") if each.state != "done"}
    assert refused == {archive.id: "input_missing"}
