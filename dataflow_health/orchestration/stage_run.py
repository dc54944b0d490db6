"""What the eight stage assets share: how a summary is told, and how a stage's own fault is kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import dagster as dg
from loguru import logger

from dataflow_health.errors import DatabaseError
from dataflow_health.health.check import STEP
from dataflow_health.health.observation import Observation
from dataflow_health.orchestration import run_tags
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.stages.runner import Dependencies, StageRequest, StageSummary
from dataflow_health.storage.ledger import aircraft, quarantine
from dataflow_health.storage.records import audit_log, observations
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.sql import locks

RETRY = dg.RetryPolicy(
    max_retries=2, delay=2, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS
)
"""For faults of the stage itself; a bad recording never raises."""

KEYS = {
    "download": dg.AssetKey(["download", "archives"]),
    "extract": dg.AssetKey(["extract", "recordings"]),
    "parse": dg.AssetKey(["parse", "parameters"]),
    "compress": dg.AssetKey(["compress", "counts"]),
    "store": dg.AssetKey(["store", "tsv"]),
    "ingest": dg.AssetKey(["ingest", "samples"]),
    "analyse": dg.AssetKey(["analyse", "answers"]),
    "load": dg.AssetKey(["load", "findings"]),
}
"""Asset of each stage; analyse has one an algorithm besides."""


class StageConfig(dg.Config):
    """What the launchpad offers for a stage.

    Attributes:
        force: Redo what is done.
        tail: Keep to one aircraft; empty for all. Before an archive is opened only its name tells
            whose it is: download takes nothing new then, and extract opens those so named.
    """

    force: bool = False
    tail: str = ""


OVERVIEW = dg.AssetKey(["overview"])
"""The board, which is also where the watch over the watcher stands."""


def key_of(process: str) -> dg.AssetKey:
    """Asset of a process: a stage's own, the board's, or one beside the pipeline."""
    if process == "overview":
        return OVERVIEW
    return KEYS.get(process) or dg.AssetKey(["external", process])


def algorithm_key(name: str) -> dg.AssetKey:
    """Asset of one algorithm."""
    return dg.AssetKey(["analyse", name])


@contextmanager
def open_request(
    context: dg.AssetExecutionContext,
    pipeline: PipelineResource,
    stage: str,
    config: StageConfig,
) -> Iterator[StageRequest]:
    """The order for this run; keeps whether the stage itself worked, for every face to see.

    A stage works on a day alone, however its runs were started: pools hold back queued runs only,
    and two at once would rewrite each other's files of one aircraft's day. A run that a person
    started takes up what was refused, too.
    """
    day, run_id = context.partition_key, context.run.run_id
    with logger.contextualize(stage=stage, run=run_id):
        try:
            with locks.held(pipeline.deps.engine, locks.turn(stage, day)):
                deps = pipeline.deps
                if run_tags.is_by_hand(context.run.tags) and context.retry_number == 0:
                    _take_up(context, deps, stage, config.tail)
                only = aircraft.ids(deps.engine, stage, day, config.tail) if config.tail else None
                yield pipeline.request(day, run_id, force=config.force, only=only)
        except Exception as error:
            logger.error("{} of {}: {}", stage, day, error)
            _keep(pipeline, stage, context, "failed", str(error).splitlines()[0])
            raise
        _keep(pipeline, stage, context, "passed", "the last run ended well")


def _take_up(context: dg.AssetExecutionContext, deps: Dependencies, stage: str, tail: str) -> None:
    """Puts what this stage refused on this day back before it; audits that a person asked."""
    run, day = context.run, context.partition_key
    operator = Operator(run.tags.get("user", "dagster"), f"dagster@{run.run_id}")
    reason = f"materialised by hand{f', {tail} only' if tail else ''}"
    audit_log.record(
        deps.engine, operator, "rerun", f"{stage} of {day}", reason=reason, at=deps.clock()
    )
    refused = quarantine.find(deps.engine, stage=stage, day=day, tail=tail or None)
    quarantine.requeue(
        deps.engine, refused, operator, action="rerun", reason=reason, at=deps.clock()
    )
    context.log.info(f"{len(refused)} refused before are taken up again")


def _keep(
    pipeline: PipelineResource,
    stage: str,
    context: dg.AssetExecutionContext,
    outcome: str,
    detail: str,
) -> None:
    """Keeps the answer, if the database is there to keep it; the faces see its absence too."""
    try:
        deps = pipeline.deps
        told: dict[str, Any] = {"process": stage, "check": STEP, "outcome": outcome}
        day = date.fromisoformat(context.partition_key)
        seen = Observation(**told, detail=detail, at=deps.clock(), arrival_day=day)
        observations.save(deps.engine, [seen], context.run.run_id)
    except DatabaseError as error:
        logger.error("cannot keep the state of {}: {}", stage, error)


def materialised(summary: StageSummary) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """A summary as Dagster plots and shows it."""
    return dg.MaterializeResult(metadata=metadata(summary))


def metadata(summary: StageSummary) -> dict[str, Any]:
    """Numbers the UI plots over partitions and time."""
    return {
        "worked": summary.worked,
        "done": summary.done,
        "quarantined": summary.quarantined,
        "bytes_in": summary.bytes_in,
        "bytes_out": summary.bytes_out,
        "rows_out": summary.rows_out,
    }
