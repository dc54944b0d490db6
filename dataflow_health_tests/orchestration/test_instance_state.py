from pathlib import Path

import dagster as dg
import pytest

from dataflow_health.monitoring.dagster_state import DagsterSnapshot
from dataflow_health.monitoring.probes.result import NotConfigured
from dataflow_health.operations import dagster_home
from dataflow_health.orchestration.instance_state import HomeInstanceState, InstanceState
from dataflow_health_tests import installation


def test_without_an_instance_nothing_can_be_read(tmp_path: Path) -> None:
    state = HomeInstanceState(tmp_path)
    state.wait()
    with pytest.raises(NotConfigured, match="no Dagster instance"):
        state.daemon_heartbeats()
    with pytest.raises(NotConfigured, match="no Dagster instance"):
        state.sensor_ticks()


@pytest.mark.slow
def test_an_instance_whose_daemon_never_ran_has_no_heartbeats(tmp_path: Path) -> None:
    chosen = installation.settings(tmp_path)
    dagster_home.prepare(chosen)
    state = HomeInstanceState(chosen.dagster_home)
    state.wait()
    assert state.daemon_heartbeats() == {}
    assert state.sensor_ticks() == []


def test_an_instance_that_cannot_be_opened_is_as_none(tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").write_text("storage: {nothing: here}\n")
    state = HomeInstanceState(tmp_path)
    state.wait()
    with pytest.raises(NotConfigured):
        state.daemon_heartbeats()


@pytest.mark.slow
def test_a_snapshot_outlives_its_instance() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        snapshot = InstanceState(instance).snapshot()
    assert snapshot == DagsterSnapshot({}, [])
