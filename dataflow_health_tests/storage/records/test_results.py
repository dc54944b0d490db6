from datetime import timedelta

from sqlalchemy import Engine, select

from dataflow_health.storage.records import results
from dataflow_health.storage.records.results import FindingRow, RunRow
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import fetch_as
from dataflow_health_tests.factories import DAY, NOON

RUN = RunRow("r1", "overspeed", "v1", "p1", "HB-ZAA", DAY, "found", "", 1, NOON)
FINDING = FindingRow(
    "r1", "overspeed", 0, "HB-ZAA", "warning", 1.25, 7.5, NOON + timedelta(seconds=1), 107.125,
    3.0, "rotor",
)  # fmt: skip


def saved(engine: Engine) -> tuple[list[RunRow], list[FindingRow]]:
    run, finding = tables.algorithm_run, tables.finding
    return (
        fetch_as(RunRow, engine, select(run).order_by(run.c.recording_id)),
        fetch_as(FindingRow, engine, select(finding).order_by(finding.c.recording_id)),
    )


def replace(engine: Engine, ids: list[str], runs: list[RunRow], findings: list[FindingRow]) -> None:
    with writing(engine) as connection:
        results.replace(connection, ids, runs, findings)


def test_a_row_has_the_columns_of_its_table() -> None:
    assert RunRow._fields == tuple(tables.algorithm_run.columns.keys())
    assert FindingRow._fields == tuple(tables.finding.columns.keys())


def test_runs_and_findings_come_back_as_they_were_loaded(engine: Engine) -> None:
    replace(engine, ["r1"], [RUN], [FINDING])
    assert saved(engine) == ([RUN], [FINDING])


def test_missing_values_come_back_as_none(engine: Engine) -> None:
    unknown = FINDING._replace(start_at=None, peak=None, peak_at_s=None)
    replace(engine, ["r1"], [], [unknown])
    assert saved(engine) == ([], [unknown])


def test_only_the_given_recordings_are_replaced(engine: Engine) -> None:
    other = RUN._replace(recording_id="r2")
    replace(engine, ["r1", "r2"], [RUN, other], [FINDING])
    newer = RUN._replace(version="v2")
    replace(engine, ["r1"], [newer], [])
    assert saved(engine) == ([newer, other], [])


def test_a_recording_without_results_loses_its_old_ones(engine: Engine) -> None:
    replace(engine, ["r1"], [RUN], [FINDING])
    replace(engine, ["r1"], [], [])
    assert saved(engine) == ([], [])
