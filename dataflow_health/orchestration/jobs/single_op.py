"""Jobs of one op, and their schedules, which are on without being switched on."""

from collections.abc import Mapping

import dagster as dg


def single_op_job(
    op: dg.OpDefinition, name: str, description: str, tags: Mapping[str, str] | None = None
) -> dg.JobDefinition:
    """A job that runs one op in its own process: no second process, so no second Spark session.

    Args:
        op: The op.
        name: Name of the job.
        description: Text that Dagster shows.
        tags: Tags of the job's runs.
    """

    @dg.job(name=name, executor_def=dg.in_process_executor, tags=tags, description=description)
    def job() -> None:
        op()

    return job


def running_schedule(job: dg.JobDefinition, cron: str, description: str) -> dg.ScheduleDefinition:
    """A schedule of the job's name that is on by default.

    Args:
        job: Job that the schedule starts.
        cron: Times of the runs, UTC, in the words of cron.
        description: Text that Dagster shows.
    """
    return dg.ScheduleDefinition(
        name=job.name,
        job=job,
        cron_schedule=cron,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=description,
    )
