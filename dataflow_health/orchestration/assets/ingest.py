"""The asset of ingest: the analytics table."""

import dagster as dg

from dataflow_health.orchestration.partitions import ARRIVAL_DAY
from dataflow_health.orchestration.resources import PipelineResource, SparkResource
from dataflow_health.orchestration.stage_run import (
    KEYS,
    RETRY,
    StageConfig,
    materialised,
    open_request,
)
from dataflow_health.stages import ingest


@dg.asset(
    key=KEYS["ingest"],
    deps=[KEYS["store"]],
    partitions_def=ARRIVAL_DAY,
    group_name="ingest",
    kinds={"pyspark", "parquet"},
    owners=["team:data-platform"],
    tags={"stage": "ingest"},
    code_version=ingest.CODE_VERSION,
    retry_policy=RETRY,
    pool="ingest",
)
def samples(
    context: dg.AssetExecutionContext,
    config: StageConfig,
    pipeline: PipelineResource,
    spark: SparkResource,
) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Spark reads the TSV with its declared schema and lands one file an aircraft and day."""
    with open_request(context, pipeline, ingest.STAGE, config) as request:
        return materialised(ingest.run(pipeline.deps, request, spark=spark.session))
