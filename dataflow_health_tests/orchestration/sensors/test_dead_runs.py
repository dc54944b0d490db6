import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from dataflow_health import settings
from dataflow_health.orchestration.jobs import canary
from dataflow_health.orchestration.resources import LIVE_TAG, PipelineResource
from dataflow_health.orchestration.sensors import arrivals, dead_runs
from dataflow_health.storage.sql import locks
from dataflow_health_tests.factories import DAY
from dataflow_health_tests.storage.ledger.factories import recordings

LATER = timedelta(minutes=1)
HOLDER = """
import sys
from dataflow_health.storage.sql import database, locks
with locks.acquire(database.connect(sys.argv[1]), locks.run_lock(sys.argv[2]), shared=True):
    print("held", flush=True)
    sys.stdin.read()
"""


def started_run(instance: dg.DagsterInstance, **tags: str) -> dg.DagsterRun:
    return instance.create_run_for_job(
        canary.CANARY, tags={LIVE_TAG: "true", **tags}, status=dg.DagsterRunStatus.STARTED
    )


def ids(runs: list[dg.DagsterRun]) -> list[str]:
    return [run.run_id for run in runs]


def find_dead(deps, instance, after: timedelta = LATER) -> list[dg.DagsterRun]:
    return dead_runs.find_dead(instance, deps.engine, datetime.now(UTC) + after)


def test_a_run_is_dead_when_no_process_shares_its_lock(deps, instance) -> None:
    run = started_run(instance)
    with locks.acquire(deps.engine, locks.run_lock(run.run_id), shared=True):
        assert find_dead(deps, instance) == []
    assert ids(find_dead(deps, instance)) == [run.run_id]


def test_a_run_that_logged_an_event_just_now_may_be_between_two_steps(deps, instance) -> None:
    run = started_run(instance)
    instance.report_engine_event("starts the process of a step", run)
    assert find_dead(deps, instance, timedelta(seconds=15)) == []
    assert ids(find_dead(deps, instance)) == [run.run_id]


def test_a_run_that_never_had_a_lock_is_left_alone(deps, instance) -> None:
    instance.create_run_for_job(canary.CANARY, status=dg.DagsterRunStatus.STARTED)
    assert find_dead(deps, instance) == []


@pytest.mark.server
def test_the_lock_of_a_killed_process_is_free(deps, instance) -> None:
    run = started_run(instance)
    url = settings.load().database_url.get_secret_value()
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, url, run.run_id],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    assert find_dead(deps, instance) == []
    process.kill()
    process.communicate()
    assert ids(find_dead(deps, instance)) == [run.run_id]


def test_a_dead_run_fails_at_the_second_tick_and_its_day_starts_again(deps, instance) -> None:
    recordings(deps.engine, 1)
    run = started_run(instance, **{"dagster/partition": DAY})
    cursor = ""
    for expected in (dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.FAILURE):
        with dg.build_sensor_context(
            instance=instance, cursor=cursor, resources={"pipeline": PipelineResource()}
        ) as context:
            dead_runs.dead_runs(context)
            cursor = context.cursor or ""
        found = instance.get_run_by_id(run.run_id)
        assert found is not None
        assert found.status is expected
    assert json.loads(cursor) == []
    assert found.tags["dagster/max_retries"] == "0"
    with dg.build_sensor_context(instance=instance) as context:
        result = arrivals.arrivals(context, pipeline=PipelineResource())
    assert isinstance(result, dg.SensorResult)
    (request,) = result.run_requests or []
    assert request.partition_key == DAY
    assert request.run_key != arrivals._request(DAY, [], datetime.now(UTC)).run_key


def test_a_run_that_died_while_it_was_cancelled_is_cancelled(deps, instance) -> None:
    run = started_run(instance)
    instance.report_run_canceling(run)
    canceling = instance.get_run_by_id(run.run_id)
    assert canceling is not None
    dead_runs.end(instance, canceling)
    ended = instance.get_run_by_id(run.run_id)
    assert ended is not None
    assert ended.status is dg.DagsterRunStatus.CANCELED
