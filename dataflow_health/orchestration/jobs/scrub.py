"""Job ``scrub`` and its hourly schedule: a share of the lake and of the results is proved."""

from collections.abc import Sequence

import dagster as dg
from pydantic import Field

from dataflow_health.errors import DataflowHealthError
from dataflow_health.operations import scrub, scrub_rows
from dataflow_health.operations.scrub import DamagedFile, Share
from dataflow_health.orchestration.jobs.single_op import running_schedule, single_op_job
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.ledger import lake_marker
from dataflow_health.storage.records.audit_log import Operator

CRON = "47 * * * *"
"""Hourly, apart from the canary."""
SHOWN = 5
"""Damaged files that the run's error names."""


class ScrubConfig(dg.Config):
    """Launchpad form of the job.

    Attributes:
        within_hours: Hours in which every file is read once; each run reads this share of them.
    """

    within_hours: int = Field(default=24, ge=1)


@dg.op(
    name="compare_digests",
    description="Reads a share of the lake and of the results; what is damaged is made again.",
)
def compare(
    context: dg.OpExecutionContext, config: ScrubConfig, pipeline: PipelineResource
) -> None:
    """Fails when something was damaged, after queueing what can be made again.

    Raises:
        Failure: Files or rows are damaged, or the lake or the database does not answer.
    """
    try:
        damaged = _scrub(pipeline.deps, config.within_hours, context.run_id)
    except DataflowHealthError as error:
        raise dg.Failure(str(error)) from error
    context.add_output_metadata({"damaged": len(damaged)})
    if damaged:
        raise dg.Failure(_describe(damaged), allow_retries=False)


def _scrub(deps: Dependencies, within_hours: int, run_id: str) -> list[DamagedFile]:
    """The damage in the share of this hour, queued for its stages."""
    now = deps.clock()
    share = Share.of_hour(now, within_hours)
    lake_marker.ensure(deps.engine, deps.lake)
    files = share.files(deps.engine)
    damaged = list(scrub.find_damaged(deps.engine, deps.lake, files))
    for day in share.days(deps.engine):
        damaged += scrub_rows.find_changed(deps.engine, deps.lake, day)
    if damaged:
        scrub.repair(deps.engine, damaged, Operator("scrub", f"dagster@{run_id}"), at=now)
    return damaged


def _describe(damaged: Sequence[DamagedFile]) -> str:
    lost = sum(not each.can_be_made_again for each in damaged)
    named = "; ".join(f"{each.file.stage}: {each.detail}" for each in damaged[:SHOWN])
    text = f"{len(damaged)} damaged: {named}. {len(damaged) - lost} are made again"
    return f"{text}; {lost} archives have to be sent again" if lost else text


SCRUB = single_op_job(
    compare,
    "scrub",
    "Compares a share of the lake and of the results with the ledger, and repairs it.",
    tags={"dagster/max_runtime": "0"},
)


SCHEDULE = running_schedule(
    SCRUB, CRON, "Proves a share of the lake and of the results every hour."
)
