"""Job ``owed``: everything that changed YAML files owe, for many arrival days in one run.

The newest days come first, in batches of a few days that Spark reads in one job. The run waits
after a batch while another run waits or works; its process has a low priority, so that a flight
which lands is hardly delayed by the rest of the batch.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial

import dagster as dg

from dataflow_health import wiring
from dataflow_health.errors import DataflowHealthError
from dataflow_health.operations import backfill
from dataflow_health.operations.backfill import Batches, DayPart, Progress
from dataflow_health.orchestration import active_runs, resources, stage_run
from dataflow_health.orchestration.active_runs import DAYS_TAG, GIVES_WAY_TAG
from dataflow_health.orchestration.asset_checks import stage_checks
from dataflow_health.orchestration.asset_keys import STAGE_KEYS, algorithm_key
from dataflow_health.orchestration.jobs.single_op import single_op_job
from dataflow_health.orchestration.metadata import stage as stage_metadata
from dataflow_health.orchestration.partitions import add_days
from dataflow_health.orchestration.resources import PipelineResource, SparkResource
from dataflow_health.orchestration.stage_run import TriedAgainError
from dataflow_health.stages.chain import CHAIN, Stage
from dataflow_health.stages.stage import StageSummary

WAITS_S = 900.0
"""Longest time between two batches that the run waits for other runs, seconds."""
PROGRESS_TAG = "dataflow_health/progress"
"""Tag of the run with its progress: Dagster shows it in the list of runs."""

Event = dg.AssetMaterialization | dg.AssetCheckEvaluation


class OwedConfig(dg.Config):
    """Launchpad form of the job.

    Attributes:
        in_background: End when other runs keep this one waiting for a quarter of an hour.
    """

    in_background: bool = False


@dg.op(
    name="pay",
    out=dg.Out(dg.Nothing),
    description="Runs what algorithms, layouts and mappings owe, newest arrival days first.",
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
    active_runs.lower_priority()
    deps, failed = pipeline.deps, set[str]()
    days = backfill.recordings_by_day(deps.engine)
    batches, progress = Batches(deps.engine, days), Progress(of=sum(days.values()))
    for batch in batches:
        if not _wait_for_others(context) and config.in_background:
            context.log.info("other runs keep this one waiting: the rest is paid later")
            break
        parts = [part for part in batch if part.day not in failed]
        started_at = deps.clock()
        yield from _pay(context, pipeline, spark, parts, failed)
        took = deps.clock() - started_at
        batches.size = backfill.next_size(batches.size, took.total_seconds())
        ids = [id_ for part in parts for id_ in part.ids]
        progress = progress.add(len(ids), backfill.flight_hours(deps.engine, ids), took)
        _show(context, progress)
    context.instance.add_run_tags(context.run_id, {DAYS_TAG: ""})
    if failed:
        raise dg.Failure(f"failed on {', '.join(sorted(failed))}", allow_retries=False)


def _wait_for_others(context: dg.OpExecutionContext) -> bool:
    """Waits while other runs wait or work, and holds no arrival day meanwhile."""
    if not active_runs.others_work(context.instance):
        return True
    context.instance.add_run_tags(context.run_id, {DAYS_TAG: ""})
    context.log.info("waiting: other runs go first")
    return active_runs.give_way(context.instance, WAITS_S)


def _show(context: dg.OpExecutionContext, progress: Progress) -> None:
    text = progress.describe()
    context.log.info(text)
    context.instance.add_run_tags(context.run_id, {PROGRESS_TAG: text})
    resources.report_backfill(progress)


def _pay(
    context: dg.OpExecutionContext,
    pipeline: PipelineResource,
    spark: SparkResource,
    batch: Sequence[DayPart],
    failed: set[str],
) -> Iterator[Event]:
    """Pays a batch; when it fails, each day alone, so that only the days at fault are failed."""
    days = sorted({part.day for part in batch}, reverse=True)
    try:
        yield from _pay_days(context, pipeline, spark, batch, is_alone=len(days) == 1)
    except TriedAgainError as error:
        context.log.warning(f"{', '.join(days)}: {error}; each day is tried alone")
        for day in days:
            alone = [part for part in batch if part.day == day]
            yield from _pay(context, pipeline, spark, alone, failed)
    except DataflowHealthError as error:
        context.log.warning(f"{', '.join(days)}: {error}")
        failed.update(days)


def _pay_days(
    context: dg.OpExecutionContext,
    pipeline: PipelineResource,
    spark: SparkResource,
    batch: Sequence[DayPart],
    *,
    is_alone: bool,
) -> Iterator[Event]:
    days = sorted({part.day for part in batch}, reverse=True)
    add_days(context.instance, days)
    context.instance.add_run_tags(context.run_id, {DAYS_TAG: ",".join(days)})
    for stage in CHAIN:
        ids = backfill.ids_by_day(batch, stage.name)
        for summary in _run_stage(context, pipeline, spark, stage, ids, is_alone=is_alone):
            yield from _events(context, pipeline, summary)
    for name, day in sorted({(name, part.day) for part in batch for name in part.algorithms}):
        yield dg.AssetMaterialization(algorithm_key(name), partition=day)


def _run_stage(
    context: dg.OpExecutionContext,
    pipeline: PipelineResource,
    spark: SparkResource,
    stage: Stage,
    ids: dict[str, tuple[str, ...]],
    *,
    is_alone: bool,
) -> Sequence[StageSummary]:
    """Runs a stage on recordings of several days, which all have its lock meanwhile.

    Raises:
        TriedAgainError: The stage failed on several days together.
        DataflowHealthError: The stage failed on a day alone.
    """
    run_id = context.run_id
    options = wiring.stage_options(pipeline.settings, spark.session)
    with ExitStack() as stack:
        requests = [
            stack.enter_context(
                stage_run.run_stage(
                    pipeline, stage.name, day, run_id,
                    partial(pipeline.request, day, run_id, only=only),
                )
            )
            for day, only in ids.items()
        ]  # fmt: skip
        try:
            deps = wiring.on_cluster(pipeline.deps, pipeline.settings, spark.session)
            return stage.run_days(deps, requests, options) if requests else []
        except DataflowHealthError as error:
            if is_alone:
                raise
            raise TriedAgainError(str(error)) from error


def _events(
    context: dg.OpExecutionContext, pipeline: PipelineResource, summary: StageSummary
) -> Iterator[Event]:
    """What Dagster shows of a stage and an arrival day."""
    metadata = stage_metadata.metadata(summary)
    yield dg.AssetMaterialization(
        STAGE_KEYS[summary.stage], partition=summary.day, metadata=metadata
    )
    for name in (*summary.remade, summary.stage):
        yield from stage_checks.evaluations(pipeline, name, summary.day, context.run_id)


OWED = single_op_job(
    pay,
    "owed",
    "Pays what changed algorithms, parsers, layouts and mappings owe, in one run.",
    tags={"dagster/max_runtime": "0", "dagster/priority": "-10", GIVES_WAY_TAG: "true"},
)
