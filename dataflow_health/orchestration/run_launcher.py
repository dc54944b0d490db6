"""Launcher of Dagster's runs: in the process that stands ready, or in a new one.

A new process imports for some seconds and starts Java; one that stands ready has done both. It is
for the run of one arrival day that nothing waits for: what gives way to others has time.
"""

import json
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

import dagster as dg
import psutil

from dataflow_health import settings
from dataflow_health.operations import dagster_connections, spare_run
from dataflow_health.orchestration import active_runs
from dataflow_health.orchestration.jobs.arrival_day import PIPELINE

PROCESS_TAG = "dataflow_health/process"
"""Tag of runs in a process that stood ready: its number, and when it was created."""


class SpareRunLauncher(dg.DefaultRunLauncher):
    """Dagster's own launcher, which is preceded by a look for a process that stands ready."""

    def register_instance(self, instance: dg.DagsterInstance) -> None:
        """Takes the instance; what launches runs writes two hundred events for each before."""
        super().register_instance(instance)
        dagster_connections.keep_open(Path(instance.root_directory))

    def launch_run(self, context: Any) -> None:  # noqa: ANN401  (its class is not public)
        """Starts a run in the process that stands ready, or in a new one of the code server."""
        run: dg.DagsterRun = context.dagster_run
        folder = settings.environment().get(spare_run.FOLDER_VARIABLE)
        if folder and _suits(run):
            process_id = spare_run.hand_over(Path(folder), request(run))
            if process_id is not None:
                self._note_process(run.run_id, process_id)
                return
        super().launch_run(context)

    def _note_process(self, run_id: str, process_id: int) -> None:
        with suppress(psutil.Error):  # it has ended already
            created_s = psutil.Process(process_id).create_time()
            self._instance.add_run_tags(run_id, {PROCESS_TAG: f"{process_id} {created_s}"})

    def terminate(self, run_id: str) -> bool:
        """Interrupts the process of a run, which reports the run as cancelled then."""
        run = self._instance.get_run_by_id(run_id) if self.has_instance else None
        process = None if run is None or run.is_finished else find_process(run)
        if run is None or process is None:
            return bool(super().terminate(run_id))  # type: ignore[no-untyped-call]
        self._instance.report_run_canceling(run)
        process.send_signal(signal.SIGINT)
        return True


def _suits(run: dg.DagsterRun) -> bool:
    """Whether a run works in one process, for a flight; what gives way to others has time."""
    return (
        run.job_name == PIPELINE.name
        and not active_runs.is_background(run)
        and run.job_code_origin is not None
    )


def request(run: dg.DagsterRun) -> str:
    """Argument of ``dagster api execute_run`` for a run, in one line."""
    arguments = {
        "__class__": "ExecuteRunArgs",
        "instance_ref": None,
        "pipeline_origin": json.loads(dg.serialize_value(run.job_code_origin)),
        "pipeline_run_id": run.run_id,
    }
    return json.dumps(arguments)


def find_process(run: dg.DagsterRun) -> psutil.Process | None:
    """The process that stood ready and took a run; None for other runs, and when it has ended."""
    with suppress(psutil.Error, ValueError):
        process_id, created_s = run.tags.get(PROCESS_TAG, "").split()
        process = psutil.Process(int(process_id))
        if process.create_time() == float(created_s):
            return process
    return None
