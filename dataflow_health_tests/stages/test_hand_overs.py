"""Every file that one stage hands to the next, deleted, torn, or with any bit flipped."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from dataflow_health.stages.chain import CHAIN, UNHEALED, Stage
from dataflow_health.stages.stage import Dependencies, StageOptions, StageRequest, StageSummary
from dataflow_health.stages.store import SCHEMA_FILE
from dataflow_health.storage.ledger import stage_records
from dataflow_health.storage.ledger.conservation import stage_counts
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.ledger.stage_records import StageRecord
from dataflow_health_tests.factories import DAY, LIMITS, NOON, dependencies, stage_request
from dataflow_health_tests.stages import processed_day
from dataflow_health_tests.stages.rotten_lake import Damage, delete, flip_bit

pytestmark = pytest.mark.spark


def tear(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


def output(stage: str, name: str = "") -> Callable[[Dependencies, StageRecord], str]:
    """Path in the lake of what a stage handed over, of a record of the stage after it."""

    def find_path(deps: Dependencies, record: StageRecord) -> str:
        if stage == "extract":
            return next(each for each in deps.lake.files("extract") if record.id in each)
        rows = stage_records.find(deps.engine, stage=stage, day=DAY)
        path = Path(next(row.output_path for row in rows if row.id == record.id))
        return str(path.with_name(name) if name else path)

    return find_path


HAND_OVERS = {
    "extract": output("download"),
    "parse": output("extract"),
    "compress": output("parse"),
    "store": output("compress"),
    "ingest": output("store"),
    "ingest, schema": output("store", SCHEMA_FILE),
    "analyse": output("ingest"),
    "load": output("analyse"),
}
"""The seven hand-overs, by the stage that reads; store hands over two files."""


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, spark: SparkSession) -> Path:
    """Folder with the ledger and the lake of three recordings of two aircraft, after all stages."""
    folder = tmp_path_factory.mktemp("finished")
    flights = [
        processed_day.make_flight(tail, 4 + hour, hour, duration_s=600)
        for hour, tail in enumerate(("HB-ZAA", "HB-ZAB", "HB-ZAB"))
    ]
    processed_day.land_archives(
        folder / "landing", {f"{n}.zip": {f"{n}.rdf": raw} for n, _, raw in flights}
    )
    deps = dependencies(folder)
    processed_day.run_stages(deps, folder / "landing", lambda: spark)
    deps.engine.dispose()
    return folder


@pytest.fixture
def deps(finished: Path, tmp_path: Path) -> Dependencies:
    """A copy of them."""
    return copy(finished, tmp_path)


def copy(finished: Path, folder: Path) -> Dependencies:
    shutil.copytree(finished, folder, dirs_exist_ok=True)
    return dependencies(folder)


def run(
    deps: Dependencies,
    stage: str,
    spark: SparkSession,
    chain: tuple[Stage, ...] = UNHEALED,
    request: StageRequest | None = None,
) -> StageSummary:
    options = StageOptions("", 0, LIMITS, "zst", lambda: spark)
    return chain[STAGES.index(stage)].run(deps, request or stage_request(force=True), options)


def records(deps: Dependencies, stage: str) -> list[StageRecord]:
    return stage_records.find(deps.engine, stage=stage, day=DAY)


def digests(found: list[StageRecord]) -> list[str | None]:
    return [each.output_digest for each in found]


@pytest.mark.parametrize("damage", [delete, flip_bit, tear])
@pytest.mark.parametrize("hand_over", HAND_OVERS)
def test_a_damaged_file_refuses_its_own_recording_and_no_other(
    deps: Dependencies, spark: SparkSession, hand_over: str, damage: Damage
) -> None:
    stage = hand_over.partition(",")[0]
    before = records(deps, stage)
    path = HAND_OVERS[hand_over](deps, before[0])
    file = Path(deps.lake.path(path).removeprefix("file://"))
    original = file.read_bytes()
    damage(file)
    summary = run(deps, stage, spark)
    assert (summary.done, summary.quarantined) == (2, 1)
    bad, *good = records(deps, stage)
    assert (bad.id, bad.state) == (before[0].id, "quarantined")
    assert bad.reason == ("input_missing" if damage is delete else "input_changed")
    assert path in (bad.detail or "")
    assert [each.state for each in good] == ["done", "done"]
    assert digests(good) == digests(before[1:])
    assert all(counts.balances for counts in stage_counts(deps.engine, NOON))
    file.write_bytes(original)
    assert run(deps, stage, spark).done == 3
    assert digests(records(deps, stage)) == digests(before)


@pytest.mark.parametrize("hand_over", HAND_OVERS)
@settings(max_examples=5, phases=[Phase.generate])  # with Spark, simplifying would take minutes
@given(data=st.data())
def test_any_flipped_bit_of_any_file_is_found_by_the_stage_that_reads_it(
    finished: Path,
    tmp_path_factory: pytest.TempPathFactory,
    spark: SparkSession,
    hand_over: str,
    data: st.DataObject,
) -> None:
    deps = copy(finished, tmp_path_factory.mktemp("flipped"))
    stage = hand_over.partition(",")[0]
    before = records(deps, stage)
    path = HAND_OVERS[hand_over](deps, data.draw(st.sampled_from(before)))
    file = Path(deps.lake.path(path).removeprefix("file://"))
    original = file.read_bytes()
    flip_bit(file, data.draw(st.integers(0, 8 * len(original) - 1)))
    summary = run(deps, stage, spark, CHAIN)
    if stage == "extract":  # nothing can make a kept archive again
        assert (summary.done, summary.quarantined, summary.remade) == (2, 1, ())
        file.write_bytes(original)
        summary = run(deps, stage, spark, CHAIN)
    else:
        assert summary.remade == (STAGES[STAGES.index(stage) - 1],)
    assert file.read_bytes() == original
    assert (summary.done, summary.quarantined) == (3, 0)
    assert digests(records(deps, stage)) == digests(before)
    assert all(counts.balances for counts in stage_counts(deps.engine, NOON))


@pytest.mark.parametrize("hand_over", ["ingest", "ingest, schema", "analyse", "load"])
def test_a_missing_file_is_made_again_by_the_stage_before(
    deps: Dependencies, spark: SparkSession, hand_over: str
) -> None:
    stage = hand_over.partition(",")[0]
    before = records(deps, stage)
    delete(Path(deps.lake.path(HAND_OVERS[hand_over](deps, before[0])).removeprefix("file://")))
    summary = run(deps, stage, spark, CHAIN)
    assert (summary.done, summary.quarantined) == (3, 0)
    assert digests(records(deps, stage)) == digests(before)
    assert run(deps, stage, spark).done == 3
    assert all(counts.balances for counts in stage_counts(deps.engine, NOON))


def test_everything_but_the_kept_archives_is_made_again(
    deps: Dependencies, spark: SparkSession
) -> None:
    before = records(deps, "load")
    for stage in STAGES[1:]:
        deps.lake.remove_folder(stage)
    summary = run(deps, "load", spark, CHAIN)
    assert (summary.done, summary.quarantined) == (3, 0)
    assert digests(records(deps, "load")) == digests(before)


def test_a_recording_in_the_table_whose_tsv_rots_is_refused_when_its_file_is_rewritten(
    deps: Dependencies, spark: SparkSession
) -> None:
    other, rotten, new = records(deps, "store")
    delete(Path(deps.lake.path(rotten.output_path).removeprefix("file://")))
    request = replace(stage_request(force=True), only=(new.id,))
    summary = run(deps, "ingest", spark, request=request)
    assert (summary.done, summary.quarantined) == (1, 1)
    states = {each.id: each.state for each in records(deps, "ingest")}
    assert states == {other.id: "done", rotten.id: "quarantined", new.id: "done"}
