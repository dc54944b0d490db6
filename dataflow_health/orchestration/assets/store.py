"""The asset of store: engineering units for Hadoop."""

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
from dataflow_health.stages import store


@dg.asset(
    key=KEYS["store"],
    deps=[KEYS["compress"]],
    partitions_def=ARRIVAL_DAY,
    group_name="store",
    kinds={"tsv", "polars"},
    owners=["team:data-platform"],
    tags={"stage": "store"},
    code_version=store.CODE_VERSION,
    retry_policy=RETRY,
    pool="store",
)
def tsv(
    context: dg.AssetExecutionContext, config: StageConfig, pipeline: PipelineResource
) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Engineering units as TSV, one row a second, with the schema beside it."""
    with open_request(context, pipeline, store.STAGE, config) as request:
        return materialised(store.run(pipeline.deps, request, codec=pipeline.settings.tsv_codec))
