import dagster as dg
import pytest

from dataflow_health import settings, wiring
from dataflow_health.orchestration.jobs import rerun
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.storage.records import audit_log
from dataflow_health_tests.factories import DAY
from dataflow_health_tests.storage.ledger.factories import recordings, refuse, states


@pytest.fixture
def engine(tmp_path, monkeypatch):
    monkeypatch.setenv("DATAFLOW_HEALTH_HOME", str(tmp_path))
    deps = wiring.dependencies(settings.load())
    refuse(deps.engine, recordings(deps.engine, 2))
    yield deps.engine
    wiring.dependencies.cache_clear()
    deps.engine.dispose()


def launch(instance, **config):
    return rerun.RERUN.execute_in_process(
        instance=instance,
        run_config={"ops": {"requeue": {"config": config}}},
        resources={"pipeline": PipelineResource()},
    )


@pytest.mark.slow
def test_the_launchpad_puts_back_what_is_not_done_and_the_sensor_runs_it(engine):
    with dg.instance_for_test() as instance:
        done = launch(instance, operator="anna", reason="disk is back")
        assert instance.get_dynamic_partitions("arrival_day") == [DAY]
    assert done.success
    assert set(states(engine).values()) == {"waiting"}
    entries = audit_log.read(engine)
    assert {(row.operator, row.reason) for row in entries} == {("anna", "disk is back")}
    assert entries[0].origin == f"dagster@{done.run_id}"


@pytest.mark.slow
def test_a_dry_run_from_the_launchpad_changes_nothing(engine):
    with dg.instance_for_test() as instance:
        assert launch(instance, dry_run=True, stage="parse", day=DAY).success
    assert set(states(engine).values()) == {"quarantined"}
    assert audit_log.read(engine) == []
