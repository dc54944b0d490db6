"""The asset of load: answers in SQL."""

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
from dataflow_health.stages import load


@dg.asset(
    key=KEYS["load"],
    deps=[KEYS["analyse"]],
    partitions_def=ARRIVAL_DAY,
    group_name="load",
    kinds={"sql"},
    owners=["team:data-platform"],
    tags={"stage": "load"},
    code_version=load.CODE_VERSION,
    retry_policy=RETRY,
    pool="load",
)
def findings(
    context: dg.AssetExecutionContext, config: StageConfig, pipeline: PipelineResource
) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Every answer of every algorithm about every recording, in SQL, with its upload time."""
    with open_request(context, pipeline, load.STAGE, config) as request:
        return materialised(load.run(pipeline.deps, request))
