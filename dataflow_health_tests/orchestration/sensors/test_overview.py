from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from dataflow_health import wiring
from dataflow_health.health.report import HealthReport
from dataflow_health.orchestration.asset_keys import OVERVIEW
from dataflow_health.orchestration.metadata.overview import OVERVIEW_CHECK
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.orchestration.sensors import overview
from dataflow_health.orchestration.sensors.overview import Cursor
from dataflow_health.settings import Settings
from dataflow_health.storage.records import status_changes
from dataflow_health_tests.diagram import scenes


def healthy() -> HealthReport:
    return scenes.healthy_except()


def later(report: HealthReport, seconds: float) -> HealthReport:
    return report.model_copy(update={"at": report.at + timedelta(seconds=seconds)})


def written(report: HealthReport) -> Cursor:
    return overview.read_cursor(overview.write_cursor(report, Cursor()))


def test_the_overview_is_written_at_once_when_a_status_changes_and_else_rarely() -> None:
    before = written(healthy())
    assert not overview.is_due(later(healthy(), 5), before)
    assert overview.is_due(later(scenes.database_down(), 5), before)
    assert overview.is_due(later(healthy(), overview.REPEAT_AFTER.total_seconds()), before)


def test_changed_counts_alone_are_written_less_often() -> None:
    before = written(healthy())
    busy = scenes.healthy_except(scenes.make_counts("load", incoming=13, done=13))
    assert not overview.is_due(
        later(busy, overview.COUNTS_AT_MOST_EVERY.total_seconds() - 1), before
    )
    assert overview.is_due(later(busy, overview.COUNTS_AT_MOST_EVERY.total_seconds()), before)


@pytest.mark.parametrize("cursor", [None, "", "[]", "{}", '{"at_s": 1}', "no json"])
def test_a_cursor_of_another_version_is_forgotten(cursor: str | None) -> None:
    assert overview.read_cursor(cursor) == Cursor()


def tick(
    sensor: dg.SensorDefinition, instance: dg.DagsterInstance, cursor: str | None = None
) -> dg.SensorResult | dg.SkipReason:
    context = dg.build_sensor_context(
        instance=instance, cursor=cursor, resources={"pipeline": PipelineResource()}
    )
    result = sensor(context)
    assert isinstance(result, dg.SensorResult | dg.SkipReason)
    return result


def test_the_sensor_writes_once_until_something_changes(
    chosen: Settings, instance: dg.DagsterInstance
) -> None:
    sensor = overview.sensor(wiring.catalogue(chosen))
    first = tick(sensor, instance)
    assert isinstance(first, dg.SensorResult)
    materialised = [e for e in first.asset_events if isinstance(e, dg.AssetMaterialization)]
    verdicts = [e for e in first.asset_events if isinstance(e, dg.AssetCheckEvaluation)]
    assert [each.asset_key for each in materialised] == [OVERVIEW]
    assert len(verdicts) == 1 + len(wiring.catalogue(chosen).processes)
    assert isinstance(tick(sensor, instance, first.cursor), dg.SkipReason)


def test_the_sensor_writes_the_history_of_yaml_that_the_code_location_does_not_know_yet(
    chosen: Settings, config: Path, instance: dg.DagsterInstance
) -> None:
    older = wiring.catalogue(chosen)
    added = config / "processes" / "dashboards.yaml"
    added.write_text("describes: Dashboards.\nexternal: true\nafter: [load]\n")
    sensor = overview.sensor(older)
    tick(sensor, instance)
    tick(sensor, instance)
    rows = status_changes.read_after(wiring.dependencies(chosen).engine, 0)
    assert sorted(row.process for row in rows) == sorted([*older.processes, "dashboards"])


def test_a_ledger_that_is_away_is_the_cause_that_the_overview_names(
    chosen: Settings, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = "postgresql://reader:s3cret@127.0.0.1:1/results"
    monkeypatch.setenv("DATAFLOW_HEALTH_DATABASE_URL", away)
    result = tick(overview.sensor(wiring.catalogue(chosen)), instance)
    assert isinstance(result, dg.SensorResult)
    [check] = [e for e in result.asset_events if getattr(e, "check_name", "") == OVERVIEW_CHECK]
    assert check.description.startswith("results_database FAILED")
    assert "s3cret" not in str(result.asset_events)


def test_a_cursor_holds_what_was_written() -> None:
    cursor = written(scenes.database_down())
    assert cursor.at_s == scenes.database_down().at.timestamp()
    assert set(cursor.verdicts) == {each.name for each in scenes.database_down().processes}
    assert written(healthy()).statuses != cursor.statuses
