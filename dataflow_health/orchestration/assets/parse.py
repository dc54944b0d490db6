"""The asset of parse: recorder words decoded."""

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
from dataflow_health.stages import parse


@dg.asset(
    key=KEYS["parse"],
    deps=[KEYS["extract"]],
    partitions_def=ARRIVAL_DAY,
    group_name="parse",
    kinds={"numpy", "arrow"},
    owners=["team:data-platform"],
    tags={"stage": "parse"},
    code_version=parse.CODE_VERSION,
    retry_policy=RETRY,
    pool="parse",
)
def parameters(
    context: dg.AssetExecutionContext, config: StageConfig, pipeline: PipelineResource
) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Integer counts of every parameter on a one-second grid; a gap stays a gap."""
    with open_request(context, pipeline, parse.STAGE, config) as request:
        return materialised(parse.run(pipeline.deps, request))
