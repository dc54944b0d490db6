import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from dataflow_health import settings
from dataflow_health.clock import utc_now
from dataflow_health.health.running_steps import RunningStep
from dataflow_health.orchestration.jobs import canary
from dataflow_health.orchestration.resources import LIVE_TAG, PipelineResource
from dataflow_health.orchestration.sensors import dead_runs, hung_steps
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.ledger import running_steps
from dataflow_health_tests.factories import DAY
from dataflow_health_tests.waiting import wait_until

pytestmark = pytest.mark.server
STEP = """
import sys
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from dataflow_health import settings, wiring
from dataflow_health.stages import heartbeat
from dataflow_health.stages.stage import StageRequest
from dataflow_health.storage.sql import locks

deps = wiring.dependencies(settings.load())
day, run_id, path, beat_s = sys.argv[1:]
with ExitStack() as stack:
    stack.enter_context(locks.acquire(deps.engine, locks.run_lock(run_id), shared=True))
    stack.enter_context(locks.acquire(deps.engine, locks.stage_lock("parse", day)))
    floor, request = timedelta(seconds=45), StageRequest(day, run_id)
    stack.enter_context(heartbeat.beat(deps, "parse", request, floor, float(beat_s)))
    Path(path).read_bytes()
"""
"""A run's process, at work in parse, which reads one file: from a FIFO it reads for ever."""
MINUTE = timedelta(minutes=1)


@contextmanager
def hanging_step(
    run_id: str, folder: Path, beat_s: float = 600
) -> Iterator[subprocess.Popen[bytes]]:
    """The process of a step that reads from a FIFO; it writes nothing more before a beat is due."""
    fifo = folder / "flight.zip"
    os.mkfifo(fifo)
    words = [sys.executable, "-c", STEP, DAY, run_id, str(fifo), str(beat_s)]
    with subprocess.Popen(words) as process:
        try:
            yield process
        finally:
            process.kill()


def step_of(deps: Dependencies) -> RunningStep | None:
    return next(iter(running_steps.find(deps.engine, utc_now())), None)


def test_a_read_without_end_is_alive_and_makes_no_progress(deps, tmp_path) -> None:
    def is_waiting() -> bool:
        step = step_of(deps)
        return step is not None and (step.beat_at - step.moved_at) > timedelta(seconds=0.5)

    with hanging_step("run", tmp_path, beat_s=0.1):
        wait_until(is_waiting)


def test_a_stopped_process_is_ended_after_the_limit_and_its_run_is_dead(
    deps, instance, tmp_path
) -> None:
    run = instance.create_run_for_job(
        canary.CANARY, tags={LIVE_TAG: "true"}, status=dg.DagsterRunStatus.STARTED
    )
    with hanging_step(run.run_id, tmp_path, beat_s=0.1) as process:
        wait_until(lambda: step_of(deps))
        process.send_signal(signal.SIGSTOP)
        later = utc_now() + 4 * MINUTE
        [step] = running_steps.find(deps.engine, later)
        assert step.hangs(later)
        assert (step.pid, step.run_id) == (process.pid, run.run_id)

        def pids(ends_after: timedelta) -> list[int]:
            return [each.pid for each in hung_steps.find_hung(deps.engine, later, ends_after)]

        assert pids(timedelta(0)) == pids(10 * MINUTE) == []
        assert pids(2 * MINUTE) == [process.pid]
        assert hung_steps.end(instance, [step], later) == 1
        assert process.wait() == -signal.SIGKILL
    assert running_steps.find(deps.engine, later) == ()
    [dead] = dead_runs.find_dead(instance, deps.engine, later)
    assert dead.run_id == run.run_id
    assert (dead.tags[hung_steps.DIED_TAG], dead.tags["dagster/max_retries"]) == ("true", "0")


@pytest.mark.parametrize("changed", [{"host": "elsewhere"}, {"pid": os.getpid()}])
def test_a_process_elsewhere_and_this_one_are_left_alone(deps, instance, tmp_path, changed) -> None:
    with hanging_step("run", tmp_path) as process:
        step = wait_until(lambda: step_of(deps))
        running_steps.save(deps.engine, step._replace(**changed))
        later = utc_now() + 60 * MINUTE
        hung = hung_steps.find_hung(deps.engine, later, MINUTE)
        assert hung_steps.end(instance, hung, later) == 0
        assert process.poll() is None


@pytest.mark.parametrize(("waited", "is_hung"), [(60, False), (125, True)])
def test_a_process_that_only_waits_is_left_alone_for_two_hours(
    deps, instance, tmp_path, waited: int, is_hung: bool
) -> None:
    with hanging_step("run", tmp_path):
        step = wait_until(lambda: step_of(deps))
        later = step.moved_at + waited * MINUTE
        running_steps.save(deps.engine, step._replace(beat_at=later))
        assert bool(hung_steps.find_hung(deps.engine, later, 10 * MINUTE)) == is_hung


def test_the_sensor_ends_steps_that_hang_at_two_looks_by_the_settings(
    deps, instance, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(settings.PREFIX + "HUNG_ENDS_AFTER_S", "60")
    with hanging_step("run", tmp_path) as process:
        step = wait_until(lambda: step_of(deps))
        long_ago = step.moved_at - 60 * MINUTE
        running_steps.save(deps.engine, step._replace(beat_at=long_ago, moved_at=long_ago))
        resources, cursor = {"pipeline": PipelineResource()}, ""
        for killed in (0, 1):  # the first look may come before the heartbeat after a pause
            with dg.build_sensor_context(
                instance=instance, resources=resources, cursor=cursor
            ) as context:
                message = str(dead_runs.dead_runs(context).skip_message)
                cursor = context.cursor or ""
            assert f"hung: {killed}" in message
        assert process.wait() == -signal.SIGKILL
