"""The assets of analyse: one an algorithm, all answered by one Spark job, any of them alone."""

from collections.abc import Iterable, Iterator, Mapping

import dagster as dg

from dataflow_health.flight.algorithms.algorithm import Algorithm
from dataflow_health.orchestration.partitions import ARRIVAL_DAY
from dataflow_health.orchestration.resources import PipelineResource, SparkResource
from dataflow_health.orchestration.stage_run import (
    KEYS,
    RETRY,
    StageConfig,
    algorithm_key,
    metadata,
    open_request,
)
from dataflow_health.stages import analyse


def algorithms(declared: Mapping[str, Algorithm]) -> dg.AssetsDefinition:
    """One asset an algorithm; a YAML file more or less is an asset more or less."""
    names = {algorithm_key(name): name for name in declared}

    @dg.multi_asset(
        name="analyse",
        specs=[*(_spec(name, algorithm) for name, algorithm in declared.items()), _answers(names)],
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
        with open_request(context, pipeline, analyse.STAGE, config) as request:
            summary = analyse.run(pipeline.deps, request, spark=spark.session, algorithms=chosen)
        # Dagster wants the asset that stands on the others last.
        for key in sorted(context.selected_asset_keys, key=lambda key: (key not in names, key)):
            yield dg.MaterializeResult(asset_key=key, metadata=metadata(summary))

    return run


def _spec(name: str, algorithm: Algorithm) -> dg.AssetSpec:
    return dg.AssetSpec(
        algorithm_key(name),
        deps=[KEYS["ingest"]],
        description=f"{algorithm.describes}\n\nSource of the limit: {algorithm.source}",
        group_name="analyse",
        kinds={"pyspark", algorithm.kind},
        owners=["team:flight-data"],
        tags={"stage": "analyse"},
        code_version=algorithm.version,
    )


def _answers(algorithms: Iterable[dg.AssetKey]) -> dg.AssetSpec:
    return dg.AssetSpec(
        KEYS["analyse"],
        deps=list(algorithms),
        description="All answers about the day's recordings; the stage's checks stand here.",
        group_name="analyse",
        kinds={"pyspark", "parquet"},
        owners=["team:flight-data"],
        tags={"stage": "analyse"},
        code_version=analyse.CODE_VERSION,
        skippable=True,
    )
