"""Kind ``schedules_run``: the Dagster schedules are on, and what they ran last succeeded."""

from dataflow_health.health.self_check import SchedulesRun
from dataflow_health.monitoring.dagster_state import ScheduledJob
from dataflow_health.monitoring.probes.result import (
    NotConfigured,
    ProbeContext,
    ProbeResult,
    list_some,
    passed_if,
)

RUN_ID_LETTERS = 8
"""As the Dagster UI shows the id of a run."""


def probe(check: SchedulesRun, context: ProbeContext) -> ProbeResult:
    """Looks for schedules that are off, and for jobs whose newest run failed.

    Raises:
        NotConfigured: There is no Dagster instance, or none of its schedules was ever on.
    """
    if context.dagster is None:
        raise NotConfigured("this process has no Dagster instance")
    jobs = context.dagster.scheduled_jobs()
    if not jobs:
        raise NotConfigured("no schedule runs; dataflow-health up starts them")
    faults = [fault for each in jobs if (fault := _fault(each, check))]
    return passed_if(
        not faults, f"schedules failing or off ({list_some(faults)}) of {len(jobs)} = 0"
    )


def _fault(job: ScheduledJob, check: SchedulesRun) -> str:
    """Name of a schedule that is off or whose job failed, with its fault; empty for a good one."""
    if not job.is_running:
        return f"{job.schedule} (switched off)" if job.schedule in check.required else ""
    if job.failed_run and job.schedule not in check.judged_elsewhere:
        return f"{job.schedule} (run {job.failed_run[:RUN_ID_LETTERS]} failed)"
    return ""
