from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.remote_origin import InProcessCodeLocationOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    InstigatorType,
    SensorInstigatorData,
)
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

from dataflow_health.operations import dagster_home
from dataflow_health.orchestration import later_ticks
from dataflow_health.orchestration.instance_state import InstanceState
from dataflow_health_tests import installation
from dataflow_health_tests.factories import NOON

pytestmark = pytest.mark.slow


def data_after(tick_s: float, folder: Path) -> SensorInstigatorData:
    """Data of a sensor that ticked at a time, after later ticks were forgotten at noon."""
    chosen = installation.settings(folder)
    dagster_home.prepare(chosen)
    module = LoadableTargetOrigin(module_name="dataflow_health.definitions")
    origin = RemoteRepositoryOrigin(InProcessCodeLocationOrigin(module), "flights")
    data = SensorInstigatorData(
        last_tick_timestamp=tick_s, last_tick_start_timestamp=tick_s, cursor="kept"
    )
    state = InstigatorState(
        origin.get_instigator_origin("arrivals"), InstigatorType.SENSOR,
        InstigatorStatus.RUNNING, data,
    )  # fmt: skip
    with dg.DagsterInstance.from_config(str(chosen.dagster_home)) as instance:
        instance.add_instigator_state(state)
        later_ticks.forget_in(instance, NOON)
        [found] = instance.all_instigator_state()
        [shown] = InstanceState(instance).sensor_ticks()
    assert shown.at == datetime.fromtimestamp(min(tick_s, NOON.timestamp()), UTC)
    assert found.instigator_data.cursor == "kept"
    return found.instigator_data


def test_a_tick_that_is_later_than_now_no_longer_keeps_a_sensor_from_ticking(
    tmp_path: Path,
) -> None:
    data = data_after((NOON + timedelta(hours=1)).timestamp(), tmp_path)
    assert data.last_tick_timestamp == data.last_tick_start_timestamp == NOON.timestamp()


def test_an_earlier_tick_keeps_its_time(tmp_path: Path) -> None:
    before_s = (NOON - timedelta(hours=1)).timestamp()
    data = data_after(before_s, tmp_path)
    assert (data.last_tick_timestamp, data.last_sensor_start_timestamp) == (before_s, None)


def test_an_instance_that_cannot_be_opened_stops_nothing(tmp_path: Path) -> None:
    later_ticks.forget(tmp_path / "nowhere")
