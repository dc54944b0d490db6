"""Job ``canary``, its hourly schedule, and the sensor that starts the first run."""

import dagster as dg

from dataflow_health.errors import DataflowHealthError
from dataflow_health.monitoring import canary_result
from dataflow_health.operations import canary
from dataflow_health.orchestration.active_runs import ACTIVE
from dataflow_health.orchestration.jobs.single_op import running_schedule, single_op_job
from dataflow_health.orchestration.resources import PipelineResource, SparkResource
from dataflow_health.orchestration.sensors.running_sensor import running_sensor

CRON = "17 * * * *"
"""Hourly, but not on the full hour, when most schedules start."""
INTERVAL_S = 30
"""Seconds between two ticks of the sensor ``first_canary``."""


@dg.op(name="fly", description="Runs the canary through all eight stages and compares the results.")
def fly(context: dg.OpExecutionContext, pipeline: PipelineResource, spark: SparkResource) -> None:
    """Fails when the result of a stage differs from the known one.

    Raises:
        Failure: A stage has a wrong result; the message names the first such stage.
    """
    found = canary.fly(pipeline.deps, pipeline.settings, spark.session)
    context.add_output_metadata({"took_s": found.took_s, "wrong_stage": found.stage or "none"})
    if found.stage:
        raise dg.Failure(f"{found.stage}: {found.fault}", allow_retries=False)


CANARY = single_op_job(
    fly,
    "canary",
    "Runs a recording with known results through all stages, apart from the fleet.",
)


SCHEDULE = running_schedule(CANARY, CRON, "Runs the canary every hour.")


@running_sensor(
    "first_canary",
    INTERVAL_S,
    "Starts the first canary run of an installation, without waiting for the schedule.",
    CANARY,
)
def first_canary(
    context: dg.SensorEvaluationContext, pipeline: PipelineResource
) -> dg.RunRequest | dg.SkipReason:
    """Requests the first canary run, or skips with the reason.

    The run key is always the same, so Dagster starts at most one run. Runs of the fleet go first: a
    second Spark session would double their duration on a small machine.
    """
    try:
        found = canary_result.read(pipeline.deps.lake)
    except DataflowHealthError as error:
        return dg.SkipReason(str(error))
    if found is not None:
        return dg.SkipReason(
            f"the canary ran at {found.at:%Y-%m-%d %H:%MZ}; the schedule starts the next run"
        )
    if context.instance.get_runs_count(dg.RunsFilter(statuses=ACTIVE)):
        return dg.SkipReason("other runs are active; they go first")
    return dg.RunRequest(run_key="first")
