"""The hourly proof of the lake."""

from dataclasses import replace

import dagster as dg
import pytest

from dataflow_health import settings, wiring
from dataflow_health.orchestration.jobs.scrub import SCHEDULE, SCRUB, ScrubConfig
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.ledger import ledger
from dataflow_health_tests.factories import DAY
from dataflow_health_tests.storage.ledger.factories import recordings, result, states

PATH = "parse/a"


@pytest.fixture
def deps(tmp_path, monkeypatch):
    """An installation with one file."""
    monkeypatch.setenv("DATAFLOW_HEALTH_HOME", str(tmp_path))
    made = wiring.dependencies(settings.load())
    [id_] = recordings(made.engine, 1)
    done = replace(result(id_, digest=made.lake.write(PATH, b"good")), output_path=PATH)
    ledger.finish(made.engine, "parse", DAY, "run", [done])
    yield made
    wiring.dependencies.cache_clear()
    made.engine.dispose()


def run(instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    return SCRUB.execute_in_process(
        instance=instance,
        resources={"pipeline": PipelineResource()},
        run_config=dg.RunConfig({"compare_digests": ScrubConfig(within_hours=1)}),
        raise_on_error=False,
    )


def test_a_run_names_the_damage_and_lets_it_wait_for_its_stage(
    deps: Dependencies, instance: dg.DagsterInstance
) -> None:
    assert run(instance).success
    deps.lake.write(PATH, b"bad")
    found = run(instance)
    assert found.success
    [output] = [each for each in found.all_events if each.is_successful_output]
    damage = str(output.step_output_data.metadata["damage"].value)
    assert "1 damaged: parse: parse/a: digest" in damage
    assert "1 are made again" in damage
    assert set(states(deps.engine).values()) == {"waiting"}
    assert run(instance).success


def test_the_schedule_runs_by_itself_every_hour() -> None:
    assert SCHEDULE.default_status is dg.DefaultScheduleStatus.RUNNING
    assert SCHEDULE.cron_schedule == "47 * * * *"
