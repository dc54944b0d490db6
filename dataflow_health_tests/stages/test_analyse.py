import pytest
from pyspark.sql import SparkSession

from dataflow_health.stages import analyse
from dataflow_health_tests.factories import stage_request
from dataflow_health_tests.stages.processed_day import ProcessedDay

pytestmark = pytest.mark.spark


def never() -> SparkSession:
    raise AssertionError("Spark was started for nothing")


def test_every_algorithm_answers_every_recording(day: ProcessedDay) -> None:
    declared = len(day.deps.catalogue.algorithms)
    rows = day.records("analyse")
    assert [row.state for row in rows] == ["done"] * 3
    assert all(row.rows_out == declared for row in rows)
    assert all(not row.measurements["failed"] for row in rows)


def test_the_injected_event_is_found_at_its_second_and_nothing_else_is(day: ProcessedDay) -> None:
    found = []
    for row in day.records("analyse"):
        for answer in analyse.read(day.deps, row.output_path).to_pylist():
            # A batch may hold answers about others, which newer batches of theirs replaced.
            name = answer["algorithm"] if answer["recording"] == row.id else ""
            for finding in answer["findings"]:
                if name and finding["severity"] != "info":
                    found.append((name, int(finding["start_s"]), int(finding["end_s"])))
    truth = [event for made in day.flights.values() for event in made.events]
    assert found == [(event.name, event.start_s, event.end_s) for event in truth]


def test_analysing_again_needs_no_spark(day: ProcessedDay) -> None:
    assert analyse.run(day.deps, stage_request(), spark=never).worked == 0


def test_one_algorithm_alone_carries_the_answers_of_the_others_over(
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
