import base64
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from dataflow_health import wiring
from dataflow_health.health.report import HealthReport
from dataflow_health.health.status import Status
from dataflow_health.orchestration.asset_keys import OVERVIEW
from dataflow_health.orchestration.assets import overview
from dataflow_health.orchestration.metadata import overview as overview_metadata
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.schemas import AircraftHealth
from dataflow_health.settings import Settings
from dataflow_health.storage.records import status_changes
from dataflow_health_tests.diagram import scenes

ALL = len(scenes.pipeline().processes)
FIRST = overview.read_cursor(None)


def healthy() -> HealthReport:
    return scenes.healthy_except()


def later(report: HealthReport, seconds: float) -> HealthReport:
    return report.model_copy(update={"at": report.at + timedelta(seconds=seconds)})


def written(report: HealthReport) -> dict[str, Any]:
    return overview.read_cursor(overview.write_cursor(report, FIRST))


def told(report: HealthReport, *aircraft: AircraftHealth) -> tuple[Any, Any]:
    materialised, judged = overview.events((report, aircraft), FIRST)
    return materialised, judged


def records(metadata: Any, name: str) -> list[dict[str, Any]]:
    return [dict(record.data) for record in metadata[name].records]


def test_the_strip_is_inline_and_names_what_it_counts() -> None:
    materialised, judged = told(scenes.one_bad_recording())
    for event in (materialised, judged):
        markdown = event.metadata["health"].md_str
        assert len(markdown) < 1000
        assert markdown.startswith(f"![1 FAILED, {ALL - 1} HEALTHY](data:image/svg+xml;base64,")
        picture = base64.b64decode(markdown.partition("base64,")[2].rstrip(")"))
        assert picture.startswith(b"<svg")


def test_the_board_has_a_row_a_process_and_numbers_to_plot() -> None:
    materialised, _ = told(scenes.one_bad_recording())
    rows = {row["process"]: row for row in records(materialised.metadata, "processes")}
    assert len(rows) == ALL
    assert rows["parse"]["status"] == f"{Status.FAILED.symbol}\u00a0FAILED"
    assert (rows["parse"]["in"], rows["parse"]["done"], rows["parse"]["refused"]) == (12, 11, 1)
    assert materialised.metadata["processes_failed"].value == 1
    assert materialised.metadata["processes_healthy"].value == ALL - 1


def test_the_check_is_green_when_nothing_is_failed_and_names_the_causes_when_something_is() -> None:
    assert told(healthy())[1].passed
    _, judged = told(scenes.one_bad_recording())
    assert not judged.passed
    assert judged.description.startswith("parse FAILED: frames_in_sync")
    [row] = records(judged.metadata, "causes")
    assert (row["process"], row["member"], row["byte"]) == ("parse", "raw.dat", 98304)


def test_what_only_waits_is_no_cause() -> None:
    _, judged = told(scenes.database_down())
    assert [row["process"] for row in records(judged.metadata, "causes")] == ["results_database"]


def test_the_board_is_written_at_once_when_a_status_changes_and_else_rarely() -> None:
    before = written(healthy())
    assert not overview.is_due(later(healthy(), 5), before)
    assert overview.is_due(later(scenes.database_down(), 5), before)
    assert overview.is_due(later(healthy(), overview.REPEAT_AFTER.total_seconds()), before)


def test_counts_alone_are_written_at_leisure() -> None:
    before = written(healthy())
    busy = scenes.healthy_except(scenes.make_counts("load", incoming=13, done=13))
    assert not overview.is_due(
        later(busy, overview.COUNTS_AT_MOST_EVERY.total_seconds() - 1), before
    )
    assert overview.is_due(later(busy, overview.COUNTS_AT_MOST_EVERY.total_seconds()), before)


@pytest.mark.parametrize("cursor", [None, "", "[]", "{}", '{"at_s": 1}', "no json"])
def test_a_cursor_of_another_version_is_forgotten(cursor: str | None) -> None:
    assert overview.read_cursor(cursor) == FIRST


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


def test_a_ledger_that_is_away_is_the_cause_that_the_board_names(
    chosen: Settings, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = "postgresql://reader:s3cret@127.0.0.1:1/results"
    monkeypatch.setenv("DATAFLOW_HEALTH_DATABASE_URL", away)
    result = tick(overview.sensor(wiring.catalogue(chosen)), instance)
    assert isinstance(result, dg.SensorResult)
    [judged] = [e for e in result.asset_events if getattr(e, "check_name", "") == overview.CHECK]
    assert judged.description.startswith("results_database FAILED")
    assert "s3cret" not in str(result.asset_events)


def test_a_person_who_presses_materialize_gets_board_and_check(
    chosen: Settings, instance: dg.DagsterInstance
) -> None:
    asset = overview.asset(wiring.catalogue(chosen))
    ran = dg.materialize([asset], instance=instance, resources={"pipeline": PipelineResource()})
    [materialised] = ran.asset_materializations_for_node("overview")
    assert "health" in materialised.metadata
    [judged] = ran.get_asset_check_evaluations()
    assert (judged.check_name, judged.passed) == (overview.CHECK, True)


def test_a_board_without_aircraft_shows_no_empty_table(tmp_path: Path) -> None:
    assert "aircraft" not in overview_metadata.metadata(healthy(), ())
