"""The job that flies the canary, its schedule, and what flies it the first time."""

import dagster as dg

from dataflow_health.errors import DataflowHealthError
from dataflow_health.monitoring import canary_result
from dataflow_health.operations import canary
from dataflow_health.orchestration.resources import PipelineResource, SparkResource
from dataflow_health.orchestration.sensors.arrivals import ACTIVE

CRON = "17 * * * *"
"""Hourly, off the full hour, when everybody's schedules start."""
INTERVAL_S = 30


@dg.op(name="fly", description="Takes the canary through all eight stages and compares.")
def fly(context: dg.OpExecutionContext, pipeline: PipelineResource, spark: SparkResource) -> None:
    """Fails when a stage's result is not the known one; its checks say which."""
    found = canary.fly(pipeline.deps, pipeline.settings, spark.session)
    context.add_output_metadata({"took_s": found.took_s, "wrong_stage": found.stage or "none"})
    if found.stage:
        raise dg.Failure(f"{found.stage}: {found.fault}", allow_retries=False)


@dg.job(
    name="canary",
    executor_def=dg.in_process_executor,
    description="A recording with known answers through all eight stages, beside the fleet.",
)
def CANARY() -> None:  # noqa: N802  (a job is a constant of this project, as PIPELINE is)
    """One op, as the stages share one Spark session."""
    fly()


SCHEDULE = dg.ScheduleDefinition(
    name="canary",
    job=CANARY,
    cron_schedule=CRON,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Flies the canary every hour.",
)


@dg.sensor(
    job=CANARY,
    name="first_canary",
    minimum_interval_seconds=INTERVAL_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Flies the canary once where it never flew, rather than wait for its hour.",
)
def first_canary(
    context: dg.SensorEvaluationContext, pipeline: PipelineResource
) -> dg.RunRequest | dg.SkipReason:
    """Nothing is known of an installation before; Dagster starts one run for the one key.

    The fleet goes first: a Spark session beside another would double its time on a small machine.
    """
    try:
        found = canary_result.read(pipeline.deps.lake)
    except DataflowHealthError as error:
        return dg.SkipReason(str(error))
    if found is not None:
        return dg.SkipReason(f"it flew at {found.at:%Y-%m-%d %H:%MZ}; the schedule goes on")
    if context.instance.get_runs_count(dg.RunsFilter(statuses=ACTIVE)):
        return dg.SkipReason("the fleet goes first")
    return dg.RunRequest(run_key="first")
