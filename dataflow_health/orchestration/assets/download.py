"""The asset of download: archives taken from the source."""

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
from dataflow_health.stages import download


@dg.asset(
    key=KEYS["download"],
    partitions_def=ARRIVAL_DAY,
    group_name="download",
    kinds={"zip", "python"},
    owners=["team:data-platform"],
    tags={"stage": "download"},
    code_version=download.CODE_VERSION,
    retry_policy=RETRY,
    pool="download",
)
def archives(
    context: dg.AssetExecutionContext, config: StageConfig, pipeline: PipelineResource
) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Complete new archives, kept byte for byte. Nothing that arrived is ever dropped."""
    with open_request(context, pipeline, download.STAGE, config) as request:
        chosen = pipeline.settings
        return materialised(
            download.run(pipeline.deps, request, url=chosen.source_url, settle_s=chosen.settle_s)
        )
