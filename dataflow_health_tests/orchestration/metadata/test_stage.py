from dataflow_health.orchestration.metadata.stage import metadata
from dataflow_health.stages.stage import StageSummary


def test_every_count_of_a_run_is_a_number_that_dagster_plots() -> None:
    summary = StageSummary("parse", "2026-11-20", 3, 2, 1, 40, 50, 60)
    assert {name: value.value for name, value in metadata(summary).items()} == {
        "worked": 3,
        "done": 2,
        "quarantined": 1,
        "bytes_in": 40,
        "bytes_out": 50,
        "rows_out": 60,
    }
