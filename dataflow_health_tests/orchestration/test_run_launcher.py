import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest

from dataflow_health.operations import spare_run
from dataflow_health.orchestration.active_runs import GIVES_WAY_TAG
from dataflow_health.orchestration.run_launcher import (
    PROCESS_TAG,
    SpareRunLauncher,
    find_process,
    request,
)
from dataflow_health_tests.operations.test_spare_run import WAITS
from dataflow_health_tests.waiting import wait_until

SLEEPS = [sys.executable, "-c", "import time; time.sleep(600)"]


@pytest.fixture
def launcher(instance: dg.DagsterInstance) -> SpareRunLauncher:
    made = SpareRunLauncher()
    made.register_instance(instance)
    return made


@pytest.fixture
def sleeping() -> Iterator["subprocess.Popen[bytes]"]:
    """A process that SIGINT ends, also where the shell has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(SLEEPS) as process:
        signal.signal(signal.SIGINT, before)
        yield process
        process.kill()


@dg.op
def nothing() -> None:
    """Does nothing."""


@dg.job
def pipeline() -> None:
    """A job with the name of that of an arrival day."""
    nothing()


@pytest.fixture
def run(instance: dg.DagsterInstance) -> dg.DagsterRun:
    """A run with the origin of its code, as one that the daemon launches."""
    with dg.execute_job(dg.reconstructable(pipeline), instance) as result:
        return result.dagster_run


def launch(launcher: SpareRunLauncher, run: dg.DagsterRun) -> None:
    launcher.launch_run(SimpleNamespace(dagster_run=run, workspace=None))


def test_the_request_is_what_dagster_executes_a_run_by(run: dg.DagsterRun) -> None:
    arguments = dg.deserialize_value(request(run))
    assert type(arguments).__name__ == "ExecuteRunArgs"
    assert (arguments.run_id, arguments.job_origin) == (run.run_id, run.job_code_origin)


@pytest.mark.server
def test_a_run_of_a_flight_begins_in_the_process_that_stands_ready(
    launcher: SpareRunLauncher, run: dg.DagsterRun, tmp_path: Path, monkeypatch, instance
) -> None:
    monkeypatch.setenv(spare_run.FOLDER_VARIABLE, str(tmp_path))
    with subprocess.Popen(
        [sys.executable, "-c", WAITS, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        wait_until(lambda: list(tmp_path.glob("*.socket")))
        launch(launcher, run)
        assert process.communicate()[0] == request(run) + "\n"
        assert instance.get_run_by_id(run.run_id).tags[PROCESS_TAG].startswith(f"{process.pid} ")


@pytest.mark.parametrize(
    ("folder", "tags"), [(True, {}), (False, {}), (True, {GIVES_WAY_TAG: "true"})]
)
def test_without_such_a_process_and_for_what_gives_way_dagster_launches_the_run(
    launcher, run, folder: bool, tags: dict[str, str], tmp_path: Path, monkeypatch, instance
) -> None:
    """Dagster's own launcher asks for the workspace, which is none here."""
    if folder:
        monkeypatch.setenv(spare_run.FOLDER_VARIABLE, str(tmp_path))
    instance.add_run_tags(run.run_id, tags)
    with pytest.raises(dg.DagsterInvariantViolationError, match="requires a workspace"):
        launch(launcher, instance.get_run_by_id(run.run_id))


@pytest.mark.server
def test_a_run_there_is_interrupted_when_a_person_ends_it(
    launcher: SpareRunLauncher, instance: dg.DagsterInstance, sleeping
) -> None:
    started = instance.create_run_for_job(pipeline, status=dg.DagsterRunStatus.STARTED)
    launcher._note_process(started.run_id, sleeping.pid)
    assert launcher.terminate(started.run_id)
    assert sleeping.wait() in (-signal.SIGINT, 1)  # 1 when Python has just started
    found = instance.get_run_by_id(started.run_id)
    assert found is not None
    assert found.status is dg.DagsterRunStatus.CANCELING
    assert find_process(found) is None
    assert not launcher.terminate(started.run_id)


@pytest.mark.server
def test_another_process_with_the_number_of_an_ended_one_is_left_alone(
    launcher: SpareRunLauncher, instance: dg.DagsterInstance, sleeping
) -> None:
    tags = {PROCESS_TAG: f"{sleeping.pid} 1.0"}
    started = instance.create_run_for_job(pipeline, tags=tags)
    assert not launcher.terminate(started.run_id)
    assert sleeping.poll() is None
