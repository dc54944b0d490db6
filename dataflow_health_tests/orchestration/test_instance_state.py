from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest

from dataflow_health.monitoring.dagster_state import DagsterSnapshot, ScheduledJob
from dataflow_health.monitoring.probes.result import NotConfigured
from dataflow_health.operations import dagster_home
from dataflow_health.orchestration.asset_keys import process_key
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


@pytest.mark.slow
def test_only_what_was_materialised_has_a_time() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        instance.report_runless_asset_event(dg.AssetMaterialization(process_key("spark")))
        instance.report_runless_asset_event(dg.AssetObservation(process_key("lake_disk")))
        materialised_at = InstanceState(instance).materialised_at(["spark", "lake_disk"])
    assert list(materialised_at) == ["spark"]


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
    assert snapshot == DagsterSnapshot({}, [], [])


@dg.op
def breaks() -> None:
    raise ValueError


@dg.job(name="scrub")
def broken_scrub() -> None:
    breaks()


@dg.op
def passes() -> None:
    """Succeeds."""


@dg.job(name="scrub")
def sound_scrub() -> None:
    passes()


@pytest.mark.slow
def test_the_newest_ended_run_of_a_scheduled_job_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    schedule = SimpleNamespace(
        instigator_type=SimpleNamespace(value="SCHEDULE"), instigator_name="scrub", is_running=True
    )
    with dg.DagsterInstance.ephemeral() as instance:
        monkeypatch.setattr(type(instance), "schedule_storage", object())
        monkeypatch.setattr(instance, "all_instigator_state", lambda: [schedule])
        state = InstanceState(instance)
        assert state.scheduled_jobs() == [ScheduledJob("scrub")]
        failed = broken_scrub.execute_in_process(instance=instance, raise_on_error=False)
        assert state.scheduled_jobs() == [ScheduledJob("scrub", failed_run=failed.run_id)]
        sound_scrub.execute_in_process(instance=instance)
        assert state.scheduled_jobs() == [ScheduledJob("scrub")]
