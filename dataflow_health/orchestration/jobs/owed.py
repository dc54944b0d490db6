"""Job ``owed``: everything that changed YAML files owe, for many arrival days in one run.

The newest days come first, a part of a day at a time. A run in the background ends after the part
it is at when another run waits or works: the sensor ``owed`` starts the rest later.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

import dagster as dg

from dataflow_health import wiring
from dataflow_health.errors import DataflowHealthError
from dataflow_health.orchestration import stage_run
from dataflow_health.orchestration.asset_checks import stage_checks
from dataflow_health.orchestration.asset_keys import STAGE_KEYS, algorithm_key
from dataflow_health.orchestration.jobs.single_op import single_op_job
from dataflow_health.orchestration.metadata import stage as stage_metadata
from dataflow_health.orchestration.partitions import add_days
from dataflow_health.orchestration.resources import PipelineResource, SparkResource
from dataflow_health.orchestration.sensors.arrivals import ACTIVE, DAY_TAG
from dataflow_health.stages import analyse
from dataflow_health.stages.chain import CHAIN, Stage
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.queries import outdated_recordings, owed_recordings
from dataflow_health.storage.sql.statements import chunks

PART = 100
"""Recordings between two looks at the other runs: a few seconds of one Spark job."""

Event = dg.AssetMaterialization | dg.AssetCheckEvaluation


class OwedPart(NamedTuple):
    """Some recordings of one arrival day.

    Attributes:
        day: The arrival day.
        first_stage: First stage that has work on them.
        ids: The recordings.
        algorithms: Algorithms that owe them answers, when only these have work.
    """

    day: str
    first_stage: str
    ids: tuple[str, ...]
    algorithms: tuple[str, ...] = ()


class OwedConfig(dg.Config):
    """Launchpad form of the job.

    Attributes:
        in_background: End as soon as another run waits or works.
    """

    in_background: bool = False


@dg.op(
    name="pay",
    out=dg.Out(dg.Nothing),
    description="Runs what algorithms, layouts and mappings owe, newest arrival day first.",
)
def pay(
    context: dg.OpExecutionContext,
    config: OwedConfig,
    pipeline: PipelineResource,
    spark: SparkResource,
) -> Iterator[Event]:
    """Yields what Dagster shows for each arrival day.

    Raises:
        Failure: A stage failed on an arrival day; all other days were run.
    """
    failed: set[str] = set()
    for part in _parts(pipeline):
        if config.in_background and _others_are_active(context):
            context.log.info("another run waits or works: the rest is paid later")
            break
        if part.day not in failed:
            try:
                yield from _pay_part(context, pipeline, spark, part)
            except DataflowHealthError as error:
                context.log.warning(f"{part.day}: {error}")
                failed.add(part.day)
    if failed:
        raise dg.Failure(f"failed on {', '.join(sorted(failed))}", allow_retries=False)


def _parts(pipeline: PipelineResource) -> list[OwedPart]:
    """All recordings that are owed something, in parts of one day and stage, newest day first."""
    deps = pipeline.deps
    older = outdated_recordings.find(deps.engine)
    again = {each.id for each in older}
    answers = [each for each in owed_recordings.find(deps.engine) if each.id not in again]
    parts = [
        OwedPart(day.isoformat(), stage, tuple(each.id for each in some))
        for (day, stage), of_day in groupby(
            sorted(older, key=lambda each: (each.arrival_day, each.stage)),
            key=lambda each: (each.arrival_day, each.stage),
        )
        for some in chunks(list(of_day), PART)
    ]
    parts += [
        OwedPart(
            day.isoformat(),
            analyse.STAGE,
            tuple(each.id for each in some),
            tuple(sorted({name for each in some for name in each.algorithms})),
        )
        for day, of_day in groupby(answers, key=lambda each: each.arrival_day)
        for some in chunks(list(of_day), PART)
    ]
    return sorted(parts, key=lambda part: part.day, reverse=True)


def _others_are_active(context: dg.OpExecutionContext) -> bool:
    active = context.instance.get_runs(dg.RunsFilter(statuses=ACTIVE))
    return any(run.run_id != context.run_id for run in active)


def _pay_part(
    context: dg.OpExecutionContext, pipeline: PipelineResource, spark: SparkResource, part: OwedPart
) -> Iterator[Event]:
    add_days(context.instance, [part.day])
    context.instance.add_run_tags(context.run_id, {DAY_TAG: part.day})
    for stage in CHAIN[STAGES.index(part.first_stage) :]:
        yield from _run_stage(context, pipeline, spark, stage, part)
    for name in part.algorithms:
        yield dg.AssetMaterialization(algorithm_key(name), partition=part.day)


def _run_stage(
    context: dg.OpExecutionContext,
    pipeline: PipelineResource,
    spark: SparkResource,
    stage: Stage,
    part: OwedPart,
) -> Iterator[Event]:
    run_id, day = context.run_id, part.day
    options = wiring.stage_options(pipeline.settings, spark.session)
    with stage_run.run_stage(
        pipeline, stage.name, day, run_id, lambda: pipeline.request(day, run_id, only=part.ids)
    ) as request:
        summary = stage.run(pipeline.deps, request, options)
    metadata = stage_metadata.metadata(summary)
    yield dg.AssetMaterialization(STAGE_KEYS[stage.name], partition=day, metadata=metadata)
    for name in (*summary.remade, stage.name):
        yield from stage_checks.evaluations(pipeline, name, day, run_id)


OWED = single_op_job(
    pay,
    "owed",
    "Pays what changed algorithms, parsers, layouts and mappings owe, in one run.",
    tags={"dagster/max_runtime": "0"},
)
