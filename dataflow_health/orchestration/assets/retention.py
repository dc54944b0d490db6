"""The retention policy as a Dagster asset: materialising it removes what is kept no longer.

That goes for files of the lake, and for days, runs and results in Dagster's own storage.
"""

import dagster as dg

from dataflow_health.errors import DataflowHealthError
from dataflow_health.operations import retention as operations
from dataflow_health.orchestration import instance_retention
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.storage.ledger import arrival_days
from dataflow_health.storage.records.audit_log import Operator

KEY = dg.AssetKey(["lake", "retention"])
CRON = "17 2 * * *"
"""Every night, apart from the canary and the scrub."""


@dg.asset(
    key=KEY,
    group_name="overview",
    description="""Files that `retention.yaml` keeps no longer are removed from the lake.

Rows of the ledger, results in SQL and archives stay, and what was removed is made again from the
archive when it is needed. Dagster's own storage keeps arrival days, runs and results of checks as
long as that file says, too. `dataflow-health retention --dry-run` shows what it would remove.""",
)
def retention(
    context: dg.AssetExecutionContext, pipeline: PipelineResource
) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Applies the policy; its metadata show files and bytes of each stage.

    Raises:
        Failure: The lake or the database does not answer.
    """
    deps = pipeline.deps
    operator = Operator("retention", f"dagster@{context.run.run_id}")
    try:
        outcomes = operations.apply(
            deps.engine, deps.lake, deps.catalogue.retention_policy, operator, deps.clock()
        )
        open_days = arrival_days.needing_attention(deps.engine)
    except DataflowHealthError as error:
        raise dg.Failure(str(error)) from error
    excess = instance_retention.apply(
        context.instance, deps.catalogue.retention_policy, open_days, deps.clock()
    )
    return dg.MaterializeResult(
        metadata={
            "Dagster's arrival days": len(excess.days),
            "Dagster's runs": len(excess.runs) + len(excess.emptied_runs),
            "Dagster's events": excess.events,
            "files": sum(each.files for each in outcomes),
            "bytes": sum(each.size_bytes for each in outcomes),
            **{f"{each.stage} files": each.files for each in outcomes},
        }
    )


JOB = dg.define_asset_job(
    "retention",
    selection=dg.AssetSelection.assets(KEY),
    executor_def=dg.in_process_executor,
    description="Removes files, and Dagster's days and runs, that retention.yaml keeps no longer.",
)

SCHEDULE = dg.ScheduleDefinition(
    name="retention",
    job=JOB,
    cron_schedule=CRON,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Applies retention.yaml every night.",
)
