from pathlib import Path

from sqlalchemy import Engine

from dataflow_health.flight.algorithms.coverage import NO_SAMPLE_OF
from dataflow_health.health.evaluate import evaluate
from dataflow_health.health.graph import Pipeline
from dataflow_health.health.status import Status
from dataflow_health.monitoring import health_service
from dataflow_health.operations import fleet
from dataflow_health.storage.ledger import ledger
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests import factories, installation
from dataflow_health_tests.installation import NOW
from dataflow_health_tests.operations.results import insert_results
from dataflow_health_tests.storage.ledger.factories import archive, refuse_archive, store_flights


def test_the_worst_aircraft_comes_first(tmp_path: Path) -> None:
    engine = installation.filled(installation.settings(tmp_path))
    report = health_service.from_ledger(engine, factories.catalogue(), NOW)
    health = fleet.fleet_health(engine, report, 30)
    assert [each.tail for each in health.aircraft] == [
        "HB-Z03", "HB-Z07", "HB-Z00", "HB-Z01", "HB-Z02", "HB-Z04", "HB-Z05", "HB-Z06",
    ]  # fmt: skip
    worst = {stage.stage: stage for stage in health.aircraft[0].stages}
    assert (worst["parse"].status, worst["parse"].quarantined) == (Status.FAILED, 1)
    assert worst["load"].status is Status.HEALTHY
    assert health.aircraft[2].status is Status.HEALTHY


def test_recordings_waiting_for_a_blocked_stage_are_blocked_not_running(tmp_path: Path) -> None:
    engine = installation.filled(installation.settings(tmp_path))
    waiting = installation.recording_id(0)
    with writing(engine) as connection:
        table = ledger.tables.recording_stage
        at_load = (table.c.recording_id == waiting) & (table.c.stage == "load")
        connection.execute(table.update().where(at_load).values(state="waiting"))
    report = evaluate(Pipeline(factories.catalogue().processes), (), NOW)
    blocked = report.model_copy(
        update={
            "processes": tuple(
                p.model_copy(update={"status": Status.BLOCKED}) if p.name == "load" else p
                for p in report.processes
            )
        }
    )
    for given, expected in ((report, Status.RUNNING), (blocked, Status.BLOCKED)):
        health = fleet.fleet_health(engine, given, 30)
        aircraft = next(each for each in health.aircraft if each.tail == "HB-Z00")
        assert aircraft.stages[-1].status is expected


def test_an_archive_that_cannot_be_opened_fails_the_aircraft_in_its_name(tmp_path: Path) -> None:
    engine = installation.filled(installation.settings(tmp_path))
    refuse_archive(engine, "HB-Z00_20261120T121954Z.zip", "b" * 64)
    archive(engine, "HB-Z01_20261120T121954Z.zip", "c" * 64)
    refuse_archive(engine, "upload.zip", "d" * 64)
    report = health_service.from_ledger(engine, factories.catalogue(), NOW)
    by_tail = {each.tail: each for each in fleet.fleet_health(engine, report, 30).aircraft}
    assert by_tail["HB-Z00"].status is Status.FAILED
    assert by_tail["HB-Z00"].last_arrived_at == NOW
    assert {each.stage: each.quarantined for each in by_tail["HB-Z00"].stages}["extract"] == 1
    assert by_tail["HB-Z01"].status is Status.RUNNING
    assert (by_tail[""].status, by_tail[""].recordings) == (Status.FAILED, 0)


def test_an_aircraft_to_which_no_algorithm_applies_is_not_healthy(engine: Engine) -> None:
    insert_results(engine, "a" * 64, {"oil": f"{NO_SAMPLE_OF}oil"})
    insert_results(engine, "b" * 64, {"oil": ""}, tail="HB-ZAB")
    report = evaluate(Pipeline(factories.catalogue().processes), (), NOW)
    by_tail = {each.tail: each for each in fleet.fleet_health(engine, report, 30).aircraft}
    assert by_tail["HB-ZAA"].status is Status.WARNING
    assert by_tail["HB-ZAA"].coverage[0].missing == ("oil",)
    assert by_tail["HB-ZAB"].status is Status.HEALTHY


def test_hours_recorded_stand_beside_hours_flown(engine: Engine) -> None:
    store_flights(engine, "start_only", "stop_only")
    insert_results(engine, "b" * 64, {"oil": ""}, tail="HB-ZAB")
    report = evaluate(Pipeline(factories.catalogue().processes), (), NOW)
    by_tail = {each.tail: each for each in fleet.fleet_health(engine, report, 30).aircraft}
    (found,) = by_tail["HB-ZAA"].continuity
    assert (found.recorded_s, found.flown_s, len(found.breaks)) == (7200, 10800, 1)
    assert by_tail["HB-ZAB"].continuity == ()
    assert by_tail["HB-ZAA"].format_changes == ()
