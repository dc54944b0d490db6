"""Job ``rerun``: ``dataflow-health rerun --failed`` from Dagster's launchpad.

The job only requeues archives and recordings at their stage. The sensor ``arrivals`` starts the
runs of their arrival days within seconds, through Dagster's queue.
"""

import dagster as dg

from dataflow_health.operations import rerun
from dataflow_health.operations.rerun import RerunFilter
from dataflow_health.orchestration.jobs.single_op import single_op_job
from dataflow_health.orchestration.partitions import add_days
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.records.audit_log import Operator

_COLUMNS = ("arrival_day", "stage", "was", "reason")


class RerunConfig(dg.Config):
    """Launchpad form of the job.

    Attributes:
        stage: One of the eight stages; empty for all.
        day: Arrival day, as 2026-11-20; empty for all.
        tail: Tail of an aircraft; empty for all. Archives match by the tail in their name.
        dry_run: List the items without requeueing them.
        operator: Name of the operator for the audit log.
        reason: Reason for the audit log.
    """

    stage: str = ""
    day: str = ""
    tail: str = ""
    dry_run: bool = False
    operator: str = "dagster"
    reason: str = ""


@dg.op(
    name="requeue",
    description="Requeues unfinished items at their stage and writes to the audit log.",
)
def requeue(
    context: dg.OpExecutionContext, config: RerunConfig, pipeline: PipelineResource
) -> None:
    """Requeues the matching items and adds a table of them to the run's page."""
    deps = pipeline.deps
    choice = RerunFilter(config.stage or None, config.day or None, config.tail or None)
    planned = rerun.plan(deps.engine, choice, deps.catalogue.processes, deps.clock())
    if not config.dry_run:
        operator = Operator(config.operator, f"dagster@{context.run.run_id}")
        rerun.begin(deps.engine, planned, operator, reason=config.reason, at=deps.clock())
        add_days(context.instance, list(planned.days))
    records = [
        dg.TableRecord({**dict(zip(_COLUMNS, key, strict=True)), "items": count})
        for key, count in rerun.group_counts(planned.items).items()
    ]
    context.log.info(f"{len(planned.items)} items on {len(planned.days)} days")
    context.add_output_metadata(
        {
            "items": len(planned.items),
            "archives_without_tail": planned.archives_without_tail,
            "dry_run": config.dry_run,
            "days": dg.MetadataValue.text(", ".join(planned.days) or "none"),
            **({"planned": dg.MetadataValue.table(records)} if records else {}),
        }
    )


RERUN = single_op_job(
    requeue,
    "rerun",
    (
        "Requeues quarantined, waiting and unfinished items, and nothing else. "
        f"Stages: {', '.join(STAGES)}."
    ),
)
