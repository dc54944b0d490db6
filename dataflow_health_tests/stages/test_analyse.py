from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from dataflow_health.stages import analyse, result_files
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.ledger import ledger, pending, stage_records
from dataflow_health.storage.ledger.ledger import StageResult
from dataflow_health.storage.queries import owed_answers
from dataflow_health_tests.analysed_recordings import declare
from dataflow_health_tests.factories import DAY, NOON, dependencies, stage_request
from dataflow_health_tests.stages.processed_day import ProcessedDay
from dataflow_health_tests.storage.ledger.factories import recordings

NOW = {"hard_landing": "h1", "rotor_droop": "r1"}
"""Versions of the algorithms in the tests of valid results."""


class SparkStarted(Exception):
    """Raised in place of a session."""


def no_spark() -> SparkSession:
    raise SparkStarted


@pytest.mark.spark
def test_every_algorithm_has_a_result_for_every_recording(day: ProcessedDay) -> None:
    declared = len(day.deps.catalogue.algorithms)
    rows = day.records("analyse")
    assert [row.state for row in rows] == ["done"] * 3
    assert all(row.rows_out == declared for row in rows)
    assert all(not row.measurements["failed"] for row in rows)


@pytest.mark.spark
def test_the_injected_event_is_found_at_its_second_and_nothing_else_is(day: ProcessedDay) -> None:
    found = []
    for record in day.records("analyse"):
        results = result_files.read(day.deps.lake, record.output_path, record.output_digest or "")
        for row in results.to_pylist():
            assert row["recording"] == record.id
            for finding in row["findings"]:
                if finding["severity"] != "info":
                    span = int(finding["start_s"]), int(finding["end_s"])
                    found.append((row["algorithm"], *span))
    truth = [event for made in day.flights.values() for event in made.events]
    assert found == [(event.name, event.start_s, event.end_s) for event in truth]


@pytest.mark.spark
def test_analysing_again_needs_no_spark(day: ProcessedDay) -> None:
    assert analyse.run(day.deps, stage_request(), spark=no_spark).worked == 0


@pytest.mark.spark
def test_one_algorithm_alone_carries_over_the_results_of_the_others(
    day: ProcessedDay, spark: SparkSession
) -> None:
    before = {row.id: row.measurements["versions"] for row in day.records("analyse")}
    again = analyse.run(
        day.deps, stage_request(force=True), spark=lambda: spark, algorithms=["rotor_droop"]
    )
    assert again.worked == 3
    rows = day.records("analyse")
    assert {row.id: row.measurements["versions"] for row in rows} == before
    assert {row.state for row in rows} == {"done"}


@pytest.mark.spark
def test_a_real_analysis_owes_nothing_until_an_algorithm_is_added(day: ProcessedDay) -> None:
    declared = {name: each.version for name, each in day.deps.catalogue.algorithms.items()}
    declare(day.deps.engine, declared)
    assert owed_answers.read(day.deps.engine).days == ()
    declare(day.deps.engine, {**declared, "brand_new": "1"})
    [owed] = owed_answers.read(day.deps.engine).days
    assert (owed.algorithm, owed.recordings) == ("brand_new", 3)


@pytest.fixture
def here(tmp_path: Path) -> Dependencies:
    """One recording before analyse, with results of every algorithm for the input ``old``."""
    deps = dependencies(tmp_path)
    [recording] = recordings(deps.engine, 1)
    versions = {name: each.version for name, each in deps.catalogue.algorithms.items()}
    rows = [
        {"recording": recording, "algorithm": name, "version": version, "outcome": "clear",
         "reason": "", "findings": []}
        for name, version in versions.items()
    ]  # fmt: skip
    table = pa.Table.from_pylist(rows, result_files.RESULTS_SCHEMA)
    path, digest = result_files.write(deps.lake, DAY, recording, table)
    ingest(deps, recording, "old")
    results = {"input_digest": "old", "versions": versions}
    ledger.finish(
        deps.engine,
        "analyse",
        DAY,
        "run",
        [
            StageResult(
                recording,
                "done",
                analyse.code_version(versions),
                NOON,
                NOON,
                output_path=path,
                output_digest=digest,
                measurements=results,
            )
        ],
    )
    return deps


def ingest(deps: Dependencies, recording: str, digest: str) -> None:
    """Records a new output of ingest, which puts the recording before analyse again."""
    result = StageResult(
        recording,
        "done",
        "1",
        NOON,
        NOON,
        rows_out=1,
        output_path="ingest/samples/x.parquet",
        output_digest=digest,
        measurements={"schema": "s"},
    )
    ledger.finish(deps.engine, "ingest", DAY, "run", [result])


def test_results_for_an_older_input_are_made_again(here: Dependencies) -> None:
    [record] = stage_records.find(here.engine, stage="analyse", day=DAY)
    ingest(here, record.id, "new")
    with pytest.raises(SparkStarted):
        analyse.run(here, stage_request(), spark=no_spark)


@pytest.mark.parametrize("content", [None, b"torn"])
def test_results_whose_file_is_missing_or_damaged_are_made_again(
    here: Dependencies, content: bytes | None
) -> None:
    [record] = stage_records.find(here.engine, stage="analyse", day=DAY)
    ingest(here, record.id, "new")
    ingest(here, record.id, "old")
    if content:
        here.lake.write(record.output_path, content)
    else:
        (here.lake.local / record.output_path).unlink()
    with pytest.raises(SparkStarted):
        analyse.run(here, stage_request(), spark=no_spark)


def test_results_for_the_present_input_are_kept_without_spark(here: Dependencies) -> None:
    [record] = stage_records.find(here.engine, stage="analyse", day=DAY)
    ingest(here, record.id, "new")
    ingest(here, record.id, "old")
    assert analyse.run(here, stage_request(), spark=no_spark).worked == 1


@pytest.mark.parametrize(
    ("input_digest", "made", "valid"),
    [
        ("present", NOW, NOW),
        ("older", NOW, {}),
        (None, NOW, {}),
        ("present", NOW | {"rotor_droop": "r0"}, {"hard_landing": "h1"}),
        ("present", NOW | {"removed": "x1"}, NOW),
        ("present", {}, {}),
    ],
)
def test_results_are_valid_for_the_present_input_and_the_present_algorithm(
    here: Dependencies, input_digest: str | None, made: dict[str, str], valid: dict[str, str]
) -> None:
    [record] = stage_records.find(here.engine, stage="analyse", day=DAY)
    [recording] = pending.recordings(here.engine, "analyse", DAY, lambda _recording: "", force=True)
    measurements = {"input_digest": input_digest, "versions": made}
    found = analyse.valid_results(
        recording._replace(input_digest="present"),
        record._replace(measurements=measurements),
        NOW,
    )
    assert found == valid
