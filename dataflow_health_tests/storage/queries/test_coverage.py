from sqlalchemy import Engine

from dataflow_health.storage.queries import coverage
from dataflow_health_tests.operations.results import insert_results


def test_an_algorithm_applies_when_it_did_to_any_recording_of_the_newest_day(
    engine: Engine,
) -> None:
    insert_results(engine, "a" * 64, {"oil": "", "torque": "no torque"}, layout="twin")
    insert_results(engine, "b" * 64, {"oil": "no oil", "torque": "no torque"}, layout="twin")
    insert_results(engine, "c" * 64, {"oil": "no oil"}, layout=None)
    rows = coverage.of_newest_day(engine, "2026-11-01")
    assert [(row.layout, row.algorithm, row.outcome, row.reason) for row in rows] == [
        ("", "oil", "not_applicable", "no oil"), ("twin", "oil", "clear", "no oil"),
        ("twin", "torque", "not_applicable", "no torque"),
    ]  # fmt: skip


def test_a_failed_algorithm_applies_to_nothing(engine: Engine) -> None:
    insert_results(engine, "a" * 64, {"oil": "raised ValueError", "ng": ""}, refused="failed")
    insert_results(engine, "b" * 64, {"oil": "no oil", "ng": "raised KeyError"}, refused="failed")
    insert_results(engine, "c" * 64, {"oil": "zero oil"})
    assert [row[4:] for row in coverage.of_newest_day(engine, "2026-11-01")] == [
        ("ng", "clear", "raised KeyError"), ("oil", "failed", "raised ValueError"),
    ]  # fmt: skip


def test_an_older_day_and_another_aircraft_do_not_count(engine: Engine) -> None:
    insert_results(engine, "a" * 64, {"oil": ""}, day="2026-11-18")
    insert_results(engine, "b" * 64, {"oil": "no oil"})
    insert_results(engine, "c" * 64, {"oil": ""}, tail="HB-ZAB")
    (row,) = coverage.of_newest_day(engine, "2026-11-01", "HB-ZAA")
    assert row.outcome == "not_applicable"
    assert coverage.of_newest_day(engine, "2026-11-21") == []
