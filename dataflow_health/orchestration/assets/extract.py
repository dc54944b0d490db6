"""The asset of extract: recordings out of archives."""

import dagster as dg

from dataflow_health import wiring
from dataflow_health.orchestration.partitions import ARRIVAL_DAY
from dataflow_health.orchestration.resources import PipelineResource, SparkResource
from dataflow_health.orchestration.stage_run import (
    KEYS,
    RETRY,
    StageConfig,
    materialised,
    open_request,
)
from dataflow_health.stages import extract


@dg.asset(
    key=KEYS["extract"],
    deps=[KEYS["download"]],
    partitions_def=ARRIVAL_DAY,
    group_name="extract",
    kinds={"zip", "python"},
    owners=["team:data-platform"],
    tags={"stage": "extract"},
    code_version=extract.CODE_VERSION,
    retry_policy=RETRY,
    pool="extract",
)
def recordings(
    context: dg.AssetExecutionContext,
    config: StageConfig,
    pipeline: PipelineResource,
    spark: SparkResource,
) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Recordings found inside the archives, each once; refused members stay in quarantine."""
    with open_request(context, pipeline, extract.STAGE, config) as request:
        summary = extract.run(pipeline.deps, request, limits=wiring.limits(pipeline.settings))
        if summary.done and KEYS["ingest"] in context.job_def.asset_layer.selected_asset_keys:
            spark.begin()  # ingest comes three stages on, and Java takes as long to start
        return materialised(summary)
