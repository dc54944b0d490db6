"""Job ``owed``: answers that algorithms owe, for any number of arrival days in one run.

The newest days come first, a part of a day at a time. A run in the background ends after the part
it is at when another run waits or works: the sensor ``owed`` starts the rest later.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

import dagster as dg

from dataflow_health import wiring
from dataflow_health.errors import DataflowHealthError
from dataflow_health.orchestration import stage_run
from dataflow_health.orchestration.asset_checks import stage_checks
from dataflow_health.orchestration.asset_keys import STAGE_KEYS, algorithm_key
from dataflow_health.orchestration.metadata import stage as stage_metadata
from dataflow_health.orchestration.partitions import add_days
from dataflow_health.orchestration.resources import PipelineResource, SparkResource
from dataflow_health.orchestration.sensors.arrivals import ACTIVE
from dataflow_health.stages import analyse
from dataflow_health.stages.chain import CHAIN, Stage
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.queries import owed_recordings
from dataflow_health.storage.sql.statements import chunks

PART = 100
"""Recordings between two looks at the other runs: a few seconds of one Spark job."""
_STAGES = STAGES[STAGES.index(analyse.STAGE) :]

Event = dg.AssetMaterialization | dg.AssetCheckEvaluation
Part = tuple[str, tuple[str, ...], tuple[str, ...]]
"""An arrival day, some of its recordings, and the algorithms that owe them answers."""


class OwedConfig(dg.Config):
    """Launchpad form of the job.

    Attributes:
        in_background: End as soon as another run waits or works.
    """

    in_background: bool = False


@dg.op(
    name="pay",
    out=dg.Out(dg.Nothing),
    description="Runs the algorithms that owe answers, newest arrival day first, and loads them.",
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
        if part[0] not in failed:
            try:
                yield from _pay_part(context, pipeline, spark, part)
            except DataflowHealthError as error:
                context.log.warning(f"{part[0]}: {error}")
                failed.add(part[0])
    if failed:
        raise dg.Failure(f"failed on {', '.join(sorted(failed))}", allow_retries=False)


def _parts(pipeline: PipelineResource) -> list[Part]:
    """All recordings that are owed answers, in parts of one arrival day, newest day first."""
    owed = owed_recordings.find(pipeline.deps.engine)
    return [
        (
            day.isoformat(),
            tuple(each.id for each in part),
            tuple(sorted({name for each in part for name in each.algorithms})),
        )
        for day, of_day in groupby(owed, key=lambda each: each.arrival_day)
        for part in chunks(list(of_day), PART)
    ]


def _others_are_active(context: dg.OpExecutionContext) -> bool:
    active = context.instance.get_runs(dg.RunsFilter(statuses=ACTIVE))
    return any(run.run_id != context.run_id for run in active)


def _pay_part(
    context: dg.OpExecutionContext, pipeline: PipelineResource, spark: SparkResource, part: Part
) -> Iterator[Event]:
    day, ids, algorithms = part
    add_days(context.instance, [day])
    for stage in CHAIN:
        if stage.name in _STAGES:
            yield from _run_stage(context, pipeline, spark, stage, day, ids)
    for name in algorithms:
        yield dg.AssetMaterialization(algorithm_key(name), partition=day)


def _run_stage(
    context: dg.OpExecutionContext,
    pipeline: PipelineResource,
    spark: SparkResource,
    stage: Stage,
    day: str,
    ids: Sequence[str],
) -> Iterator[Event]:
    run_id = context.run_id
    options = wiring.stage_options(pipeline.settings, spark.session)
    with stage_run.run_stage(
        pipeline, stage.name, day, run_id, lambda: pipeline.request(day, run_id, only=tuple(ids))
    ) as request:
        summary = stage.run(pipeline.deps, request, options)
    metadata = stage_metadata.metadata(summary)
    yield dg.AssetMaterialization(STAGE_KEYS[stage.name], partition=day, metadata=metadata)
    yield from stage_checks.evaluations(pipeline, stage.name, day, run_id)


@dg.job(
    name="owed",
    executor_def=dg.in_process_executor,
    description="Pays the answers that algorithms owe, newest arrival day first, in one run.",
)
def OWED() -> None:  # noqa: N802  (a job is a constant of this project, as PIPELINE is)
    """A single op, because all days share one Spark session."""
    pay()
