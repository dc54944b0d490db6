"""One Dagster asset per stage, all made by one function; analyse has a module of its own."""

import dagster as dg

from dataflow_health import wiring
from dataflow_health.orchestration import stage_run
from dataflow_health.orchestration.asset_checks import stage_checks
from dataflow_health.orchestration.asset_keys import STAGE_KEYS
from dataflow_health.orchestration.metadata import stage as stage_metadata
from dataflow_health.orchestration.partitions import ARRIVAL_DAY
from dataflow_health.orchestration.resources import PipelineResource, SparkResource
from dataflow_health.orchestration.stage_run import RETRY, StageConfig
from dataflow_health.stages.chain import CHAIN, Stage
from dataflow_health.storage.ledger.stage_order import STAGES


def assets() -> list[dg.AssetsDefinition]:
    """The assets of all stages but analyse, first stage to last."""
    return [_asset(stage) for stage in CHAIN if stage.name != "analyse"]


def _asset(stage: Stage) -> dg.AssetsDefinition:
    place = [each.name for each in CHAIN].index(stage.name)

    @dg.asset(
        key=STAGE_KEYS[stage.name],
        deps=[STAGE_KEYS[before.name] for before in CHAIN[:place][-1:]],
        partitions_def=ARRIVAL_DAY,
        group_name=stage.name,
        kinds=set(stage.kinds),
        owners=["team:data-platform"],
        tags={"stage": stage.name},
        code_version=stage.code_version,
        retry_policy=RETRY,
        pool=stage.name,
        description=stage.description,
    )
    def run(
        context: dg.AssetExecutionContext,
        config: StageConfig,
        pipeline: PipelineResource,
        spark: SparkResource,
    ) -> dg.MaterializeResult:  # type: ignore[type-arg]
        options = wiring.stage_options(pipeline.settings, spark.session)
        with stage_run.start(context, pipeline, stage.name, config) as request:
            deps = wiring.on_cluster(pipeline.deps, pipeline.settings, spark.session)
            summary = stage.run(deps, request, options)
            if summary.done and _is_before_spark(context, place):
                spark.begin()
        stage_checks.evaluate_remade(pipeline, summary, context.run.run_id)
        return dg.MaterializeResult(metadata=stage_metadata.metadata(summary))

    return run


def _is_before_spark(context: dg.AssetExecutionContext, place: int) -> bool:
    """Whether a later stage of this run needs Spark, so that it can start meanwhile."""
    selected = context.job_def.asset_layer.selected_asset_keys
    return place < STAGES.index("ingest") and STAGE_KEYS["ingest"] in selected
