"""The asset of compress: counts kept for ever."""

import dagster as dg

from dataflow_health.orchestration.partitions import ARRIVAL_DAY
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.orchestration.stage_run import (
    KEYS,
    RETRY,
    StageConfig,
    materialised,
    open_request,
)
from dataflow_health.stages import compress


@dg.asset(
    key=KEYS["compress"],
    deps=[KEYS["parse"]],
    partitions_def=ARRIVAL_DAY,
    group_name="compress",
    kinds={"parquet"},
    owners=["team:data-platform"],
    tags={"stage": "compress"},
    code_version=compress.CODE_VERSION,
    retry_policy=RETRY,
    pool="compress",
)
def counts(
    context: dg.AssetExecutionContext, config: StageConfig, pipeline: PipelineResource
) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Counts and their conversion in Parquet, proved bit-exact by reading back."""
    with open_request(context, pipeline, compress.STAGE, config) as request:
        return materialised(compress.run(pipeline.deps, request))
