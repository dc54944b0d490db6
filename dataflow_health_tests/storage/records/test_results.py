from datetime import timedelta

from sqlalchemy import Engine, select

from dataflow_health.storage.records import finding_counts, results
from dataflow_health.storage.records.results import FindingRow, FlightRow, RunRow
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import fetch, fetch_as
from dataflow_health_tests.factories import DAY, NOON

RUN = RunRow("r1", "overspeed", "v1", "p1", "HB-ZAA", DAY, "found", "", 1, NOON)
FINDING = FindingRow(
    "r1", "overspeed", 0, "HB-ZAA", DAY, "warning", 1.25, 7.5, NOON + timedelta(seconds=1), 107.125,
    3.0, "rotor",
)  # fmt: skip


def saved(engine: Engine) -> tuple[list[RunRow], list[FindingRow]]:
    run, finding = tables.algorithm_run, tables.finding
    return (
        fetch_as(RunRow, engine, select(run).order_by(run.c.recording_id)),
        fetch_as(FindingRow, engine, select(finding).order_by(finding.c.recording_id)),
    )


def replace(
    engine: Engine,
    ids: list[str],
    runs: list[RunRow],
    findings: list[FindingRow],
    flights: tuple[FlightRow, ...] = (),
) -> None:
    with writing(engine) as connection:
        results.replace(connection, DAY, ids, runs, findings, flights)


def counted(engine: Engine) -> dict[tuple[str, str], int]:
    """Saved number of findings by month and severity."""
    count = tables.finding_count
    return {(row.month, row.severity): row.number for row in fetch(engine, select(count))}


def test_a_row_has_the_columns_of_its_table() -> None:
    assert RunRow._fields == tuple(tables.algorithm_run.columns.keys())
    assert FindingRow._fields == tuple(tables.finding.columns.keys())
    assert FlightRow._fields == tuple(tables.analysed_flight.columns.keys())


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


def test_findings_are_counted_by_month_in_the_transaction_that_replaces_them(
    engine: Engine,
) -> None:
    undated = FINDING._replace(number=1, start_at=None)
    other = FINDING._replace(recording_id="r2", severity="alert")
    replace(engine, ["r1", "r2"], [], [FINDING, undated, other])
    month = f"{NOON:%Y-%m}"
    assert counted(engine) == {(month, "warning"): 1, ("", "warning"): 1, (month, "alert"): 1}
    replace(engine, ["r1"], [], [FINDING, FINDING._replace(number=1)])
    assert counted(engine) == {(month, "warning"): 2, ("", "warning"): 0, (month, "alert"): 1}
    with writing(engine) as connection:
        finding_counts.recount(connection)
    assert counted(engine) == {(month, "warning"): 2, (month, "alert"): 1}


def test_the_time_in_the_air_of_a_recording_is_replaced_with_its_results(engine: Engine) -> None:
    flight = FlightRow("r1", "HB-ZAA", "2026-11", 3600.0)
    replace(engine, ["r1"], [RUN], [], (flight,))
    replace(engine, ["r1"], [RUN], [], (flight._replace(flown_s=60.0),))
    (row,) = fetch_as(FlightRow, engine, select(tables.analysed_flight))
    assert row.flown_s == 60.0
