"""The nightly proof of the counts by day."""

import gc

import dagster as dg
import pytest
from sqlalchemy import Engine, text, update

from dataflow_health import settings, wiring
from dataflow_health.orchestration.jobs.recount import RECOUNT, SCHEDULE
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.storage.ledger import count_proof
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import reading, writing
from dataflow_health_tests.conftest import cleared
from dataflow_health_tests.factories import DAY
from dataflow_health_tests.finding_factories import insert_findings
from dataflow_health_tests.storage.ledger.factories import recordings


@pytest.fixture
def ledger(tmp_path, monkeypatch):
    """Database of an installation with one recording."""
    monkeypatch.setenv("DATAFLOW_HEALTH_HOME", str(tmp_path))
    deps = wiring.dependencies(settings.load())
    recordings(deps.engine, 1)
    yield deps.engine
    wiring.dependencies.cache_clear()
    deps.engine.dispose()


def run(instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    return RECOUNT.execute_in_process(
        instance=instance, resources={"pipeline": PipelineResource()}, raise_on_error=False
    )


def test_a_wrong_count_fails_one_run_by_name_and_is_right_in_the_next(
    ledger: Engine, instance: dg.DagsterInstance
) -> None:
    assert run(instance).success
    with writing(ledger) as connection:
        connection.execute(update(tables.day_count).values(number=7))
    failed = run(instance)
    assert not failed.success
    [event] = failed.get_step_failure_events()
    assert f"counts of {DAY} differed" in str(event.step_failure_data.user_failure_data)
    assert count_proof.wrong_days(ledger) == []
    assert run(instance).success


@pytest.mark.slow
def test_the_results_in_postgresql_have_statistics_after_a_run(
    postgres_url: str, instance: dg.DagsterInstance, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleared(postgres_url)
    monkeypatch.setenv("DATAFLOW_HEALTH_HOME", str(tmp_path))
    monkeypatch.setenv("DATAFLOW_HEALTH_DATABASE_URL", postgres_url)
    engine = wiring.dependencies(settings.load()).engine
    insert_findings(engine, 9)
    assert run(instance).success
    with reading(engine) as connection:
        known = "SELECT count(*) FROM pg_stats WHERE tablename = 'finding' AND inherited"
        assert connection.scalar(text(known)) > 0
    wiring.dependencies.cache_clear()
    gc.collect()  # the run's resource, whose lock holds a connection
    engine.dispose()


def test_the_schedule_runs_by_itself_every_night() -> None:
    assert SCHEDULE.default_status is dg.DefaultScheduleStatus.RUNNING
    assert SCHEDULE.cron_schedule == "41 2 * * *"
