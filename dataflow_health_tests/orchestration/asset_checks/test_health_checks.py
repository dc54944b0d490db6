from datetime import timedelta

import dagster as dg
import pytest

from dataflow_health.health.report import HealthReport
from dataflow_health.health.status import Status
from dataflow_health.orchestration.asset_checks import health_checks
from dataflow_health.orchestration.asset_keys import STAGE_KEYS, process_key
from dataflow_health_tests.diagram import scenes
from dataflow_health_tests.health.factories import make_observation

SCENES = (
    scenes.healthy_except,
    scenes.one_bad_recording,
    scenes.database_down,
    scenes.stale_and_warning,
    scenes.never_run,
)


def evaluations(report: HealthReport) -> dict[str, dg.AssetCheckEvaluation]:
    events = health_checks.events(report, {}, ())
    return {e.asset_key.path[-1]: e for e in events if isinstance(e, dg.AssetCheckEvaluation)}


def later(report: HealthReport, seconds: float) -> HealthReport:
    return report.model_copy(update={"at": report.at + timedelta(seconds=seconds)})


@pytest.mark.parametrize("scene", SCENES)
def test_exactly_the_causes_are_red_in_dagster(scene) -> None:
    report = scene()
    red = {
        key
        for key, each in evaluations(report).items()
        if not each.passed and each.severity is dg.AssetCheckSeverity.ERROR
    }
    assert red == {process_key(each.name).path[-1] for each in report.causes}


@pytest.mark.parametrize("scene", SCENES)
def test_only_what_is_well_or_at_work_passes(scene) -> None:
    report = scene()
    well = {each.name for each in report.processes if each.status in ("HEALTHY", "RUNNING")}
    passed = {key for key, each in evaluations(report).items() if each.passed}
    assert passed == {process_key(name).path[-1] for name in well}


def test_what_waits_says_for_whom_and_how_many() -> None:
    load = evaluations(scenes.database_down())["findings"]
    assert load.severity is dg.AssetCheckSeverity.WARN
    assert load.metadata["blocked_by"].value == "results_database"
    assert load.metadata["blocked_recordings"].value == 5


def test_the_evidence_names_file_and_byte() -> None:
    parse = evaluations(scenes.one_bad_recording())["parameters"]
    [row] = parse.metadata["evidence"].records
    assert (row.data["member"], row.data["byte"]) == ("raw.dat", 98304)


def test_a_verdict_is_written_when_it_changes_and_every_hour() -> None:
    well, down = scenes.healthy_except(), scenes.database_down()
    mark = health_checks.after_writing(well, {})
    assert list(health_checks.events(later(well, 5), mark, ())) == []
    events = health_checks.events(later(down, 5), mark, ())
    changed = {each.asset_key.path[-1] for each in events}
    stages = {key.path[-1] for key in STAGE_KEYS.values()}
    assert changed == {"results_database", "overview", *stages}
    an_hour_later = later(well, health_checks.REPEAT_AFTER.total_seconds())
    again = list(health_checks.events(an_hour_later, mark, ()))
    judged = [each for each in again if isinstance(each, dg.AssetCheckEvaluation)]
    assert len(judged) == len(well.processes)


def test_a_verdict_is_written_again_after_a_run_though_it_is_the_same() -> None:
    def ran(minute: int) -> HealthReport:
        step = make_observation("parse", "step", at=scenes.NOON - timedelta(minutes=minute))
        return scenes.healthy_except(step)

    mark = health_checks.after_writing(ran(9), {})
    again = [e.asset_key.path[-1] for e in health_checks.events(ran(1), mark, ())]
    assert again == ["parameters"]


def test_what_is_only_watched_is_said_to_have_been_looked_at() -> None:
    looked = [
        e
        for e in health_checks.events(scenes.healthy_except(), {}, ())
        if isinstance(e, dg.AssetObservation)
    ]
    assert {each.asset_key.path[-1] for each in looked} == {
        each.name for each in scenes.healthy_except().processes if each.external
    }
    assert all(str(Status.HEALTHY) in (each.description or "") for each in looked)


def test_an_external_process_that_is_well_is_materialised_once_and_then_judged() -> None:
    report = scenes.one_bad_recording()
    mark = health_checks.after_writing(report, {})
    written = list(health_checks.events(later(report, 5), mark, {"spark"}))
    key = process_key("spark")
    assert [(type(each), each.asset_key) for each in written] == [
        (dg.AssetMaterialization, key),
        (dg.AssetCheckEvaluation, key),
    ]


def test_an_external_process_that_is_not_well_is_not_materialised() -> None:
    report = scenes.database_down()
    names = {each.name for each in report.processes}
    written = health_checks.events(report, {}, names)
    green = {e.asset_key.path[-1] for e in written if isinstance(e, dg.AssetMaterialization)}
    assert "results_database" not in green
