"""The assets of analyse: one per algorithm, all run by one Spark job, each re-runnable alone."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import dagster as dg

from dataflow_health import wiring
from dataflow_health.flight.algorithms.algorithm import Algorithm
from dataflow_health.orchestration import stage_run
from dataflow_health.orchestration.asset_checks import stage_checks
from dataflow_health.orchestration.asset_keys import STAGE_KEYS, algorithm_key
from dataflow_health.orchestration.metadata import algorithm as algorithm_metadata
from dataflow_health.orchestration.metadata import stage as stage_metadata
from dataflow_health.orchestration.partitions import ARRIVAL_DAY
from dataflow_health.orchestration.resources import PipelineResource, SparkResource
from dataflow_health.orchestration.stage_run import RETRY, StageConfig
from dataflow_health.stages import analyse
from dataflow_health.stages.chain import CHAIN
from dataflow_health.stages.stage import StageSummary

NO_RESULTS = {"recordings": 0, "findings": 0}
_ANALYSE = next(stage for stage in CHAIN if stage.name == analyse.STAGE)


def assets(declared: Mapping[str, Algorithm]) -> dg.AssetsDefinition:
    """One asset per declared algorithm, and the asset of the stage, which depends on them all."""
    names = {algorithm_key(name): name for name in declared}

    @dg.multi_asset(
        name="analyse",
        specs=[*(_spec(name, algorithm) for name, algorithm in declared.items()), _stage(names)],
        partitions_def=ARRIVAL_DAY,
        can_subset=True,
        retry_policy=RETRY,
        pool="analyse",
    )
    def run(
        context: dg.AssetExecutionContext,
        config: StageConfig,
        pipeline: PipelineResource,
        spark: SparkResource,
    ) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
        chosen = sorted(names[key] for key in context.selected_asset_keys if key in names)
        given = wiring.stage_options(pipeline.settings, spark.session)
        options = replace(given, algorithms=tuple(chosen))
        with stage_run.start(context, pipeline, analyse.STAGE, config) as request:
            summary = _ANALYSE.run(pipeline.deps, request, options)
        stage_checks.evaluate_remade(pipeline, summary, context.run.run_id)
        # Dagster expects the asset that depends on the others last.
        for key in sorted(context.selected_asset_keys, key=lambda key: (key not in names, key)):
            yield dg.MaterializeResult(asset_key=key, metadata=_metadata(names.get(key), summary))

    return run


def _metadata(name: str | None, summary: StageSummary) -> Mapping[str, dg.MetadataValue]:
    """An algorithm's own results in this run, or the stage's."""
    if name is None:
        return stage_metadata.metadata(summary)
    return algorithm_metadata.results(summary.algorithm_counts.get(name, NO_RESULTS))


def _spec(name: str, algorithm: Algorithm) -> dg.AssetSpec:
    return dg.AssetSpec(
        algorithm_key(name),
        deps=[STAGE_KEYS["ingest"]],
        description=f"{algorithm.describes}\n\nSource of the limit: {algorithm.source}",
        group_name="analyse",
        kinds={"pyspark", algorithm.kind},
        owners=["team:flight-data"],
        tags={"stage": "analyse"},
        code_version=algorithm.version,
        metadata=algorithm_metadata.declaration(name, algorithm),
    )


def _stage(algorithms: Iterable[dg.AssetKey]) -> dg.AssetSpec:
    return dg.AssetSpec(
        STAGE_KEYS["analyse"],
        deps=list(algorithms),
        description=analyse.DESCRIPTION,
        group_name="analyse",
        kinds=set(analyse.KINDS),
        owners=["team:flight-data"],
        tags={"stage": "analyse"},
        code_version=analyse.CODE_VERSION,
        skippable=True,
    )
