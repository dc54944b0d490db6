"""Sensors that are on by default."""

import dagster as dg
import pytest

from dataflow_health import wiring
from dataflow_health.orchestration.jobs.canary import first_canary
from dataflow_health.orchestration.sensors import alerts, live_checks, overview
from dataflow_health.orchestration.sensors.arrivals import arrivals
from dataflow_health.orchestration.sensors.owed import owed
from dataflow_health.settings import Settings


@pytest.fixture
def sensors(chosen: Settings) -> list[dg.SensorDefinition]:
    catalogue = wiring.catalogue(chosen)
    made = [module.sensor(catalogue) for module in (alerts, live_checks, overview)]
    return [arrivals, first_canary, owed, *made]


def test_every_sensor_runs_from_the_start(sensors: list[dg.SensorDefinition]) -> None:
    assert {each.default_status for each in sensors} == {dg.DefaultSensorStatus.RUNNING}
    assert all(each.description for each in sensors)


def test_every_sensor_has_its_name_interval_and_job(sensors: list[dg.SensorDefinition]) -> None:
    assert {each.name: each.minimum_interval_seconds for each in sensors} == {
        "arrivals": 4, "first_canary": 30, "live_checks": live_checks.INTERVAL_S,
        "overview": 5, "owed": 30, "on_call": alerts.INTERVAL_S,
    }  # fmt: skip
    jobs = {each.name: each.job_name for each in sensors if each.has_jobs}
    assert jobs == {"arrivals": "pipeline", "first_canary": "canary", "owed": "owed"}
