"""What flies the canary the first time."""

import dagster as dg
import pytest

from dataflow_health import settings, wiring
from dataflow_health.monitoring import canary_result
from dataflow_health.monitoring.canary_result import CanaryResult
from dataflow_health.orchestration.jobs import canary as canary_job
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health_tests.factories import NOON


@pytest.fixture
def lake(tmp_path, monkeypatch):
    monkeypatch.setenv("DATAFLOW_HEALTH_HOME", str(tmp_path))
    deps = wiring.dependencies(settings.load())
    yield deps.lake
    wiring.dependencies.cache_clear()
    deps.engine.dispose()


def tick(instance):
    with dg.build_sensor_context(instance=instance) as context:
        return canary_job.first_canary(context, pipeline=PipelineResource())


def test_where_it_never_flew_it_flies_at_once_and_the_hours_go_on_by_themselves(lake, instance):
    assert tick(instance).run_key == tick(instance).run_key == "first"
    canary_result.write(lake, CanaryResult(at=NOON, took_s=30.0))
    assert "the canary ran at 2026-11-20 12:00Z" in tick(instance).skip_message


def test_while_the_fleet_is_worked_on_it_waits(lake, instance):
    run = instance.create_run_for_job(canary_job.CANARY)
    assert "other runs are active" in tick(instance).skip_message
    instance.report_run_failed(run)
    assert tick(instance).run_key == "first"


def test_a_lake_that_cannot_be_read_starts_nothing(lake, instance):
    lake.write(canary_result.PATH, b"")
    file = settings.load().home / "lake" / canary_result.PATH
    file.unlink()
    file.mkdir()
    assert isinstance(tick(instance), dg.SkipReason)
