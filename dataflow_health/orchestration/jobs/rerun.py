"""The job ``rerun``: the launchpad's form of ``dataflow-health rerun --failed``.

It only puts things back before their stage; the sensor of arrivals then starts their days, within
seconds, through Dagster's queue.
"""

import dagster as dg

from dataflow_health.operations import rerun
from dataflow_health.operations.rerun import RerunFilter
from dataflow_health.orchestration.partitions import add_days
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.records.audit_log import Operator

_COLUMNS = ("arrival_day", "stage", "was", "reason")


class RerunConfig(dg.Config):
    """What the launchpad offers.

    Attributes:
        stage: One of the eight; empty for all.
        day: Arrival day, as 2026-11-20; empty for all.
        tail: Aircraft, of archives by their name; empty for all.
        dry_run: Only say what would be done.
        operator: Name of the operator for the audit log.
        reason: For the audit.
    """

    stage: str = ""
    day: str = ""
    tail: str = ""
    dry_run: bool = False
    operator: str = "dagster"
    reason: str = ""


@dg.op(name="requeue", description="Puts what is not done back before its stage, audited.")
def requeue(
    context: dg.OpExecutionContext, config: RerunConfig, pipeline: PipelineResource
) -> None:
    """Shows its result as a table of the run's page."""
    deps = pipeline.deps
    choice = RerunFilter(config.stage or None, config.day or None, config.tail or None)
    planned = rerun.plan(deps.engine, choice)
    if not config.dry_run:
        operator = Operator(config.operator, f"dagster@{context.run.run_id}")
        rerun.begin(deps.engine, planned, operator, reason=config.reason, at=deps.clock())
        add_days(context.instance, list(planned.days))
    records = [
        dg.TableRecord({**dict(zip(_COLUMNS, key, strict=True)), "things": count})
        for key, count in rerun.group_counts(planned.items).items()
    ]
    context.log.info(f"{len(planned.items)} things on {len(planned.days)} days")
    context.add_output_metadata(
        {
            "items": len(planned.items),
            "archives_without_tail": planned.archives_without_tail,
            "dry_run": config.dry_run,
            "days": dg.MetadataValue.text(", ".join(planned.days) or "none"),
            **({"planned": dg.MetadataValue.table(records)} if records else {}),
        }
    )


@dg.job(
    name="rerun",
    executor_def=dg.in_process_executor,
    description=(
        "Runs again what is refused, waiting or left over, and nothing else. "
        f"Stages: {', '.join(STAGES)}."
    ),
)
def RERUN() -> None:  # noqa: N802  (a job is a constant of this project, as PIPELINE is)
    """One op: the work itself is done by the pipeline's own runs."""
    requeue()
