"""Job ``scrub`` and its hourly schedule: a share of the lake and of the results is proved."""

from collections.abc import Sequence

import dagster as dg
from pydantic import Field

from dataflow_health.errors import DataflowHealthError
from dataflow_health.operations import scrub_round
from dataflow_health.operations.scrub import DamagedFile
from dataflow_health.orchestration.jobs.single_op import running_schedule, single_op_job
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.records.scrub_damage import NOT_IN_LEDGER

CRON = "47 * * * *"
"""Hourly, apart from the canary."""
SHOWN = 5
"""Damaged files that the run's metadata name."""


class ScrubConfig(dg.Config):
    """Launchpad form of the job.

    Attributes:
        within_hours: Hours in which every file is read once. Each run reads the share of them that
            waits longest.
    """

    within_hours: int = Field(default=24, ge=1)


@dg.op(
    name="compare_digests",
    description="Reads a share of the lake and of the results; what is damaged is made again.",
)
def compare(
    context: dg.OpExecutionContext, config: ScrubConfig, pipeline: PipelineResource
) -> None:
    """Queues what can be made again; the check ``files_undamaged`` reports all that was damaged.

    The run itself succeeds then: a failed run would be a second incident of one cause.

    Raises:
        Failure: The lake or the database does not answer.
    """
    try:
        operator = Operator("scrub", f"dagster@{context.run_id}")
        damaged = scrub_round.read_due(pipeline.deps, config.within_hours, operator)
    except DataflowHealthError as error:
        raise dg.Failure(str(error)) from error
    context.add_output_metadata({"damaged": len(damaged)})
    if damaged:
        context.add_output_metadata({"damage": _describe(damaged)})
        context.log.warning(_describe(damaged))


def _describe(damaged: Sequence[DamagedFile]) -> str:
    unknown = sum(each.reason == NOT_IN_LEDGER for each in damaged)
    made_again = sum(each.can_be_made_again for each in damaged)
    lost = len(damaged) - made_again - unknown
    named = "; ".join(f"{each.file.stage}: {each.detail}" for each in damaged[:SHOWN])
    texts = [f"{len(damaged)} damaged: {named}. {made_again} are made again"]
    texts += [f"{lost} archives have to be sent again"] if lost else []
    texts += [f"dataflow-health ledger rebuild restores {unknown}"] if unknown else []
    return "; ".join(texts)


SCRUB = single_op_job(
    compare,
    "scrub",
    "Compares a share of the lake and of the results with the ledger, and repairs it.",
    tags={"dagster/max_runtime": "0"},
)


SCHEDULE = running_schedule(
    SCRUB, CRON, "Proves a share of the lake and of the results every hour."
)
