"""One run of a stage: its configuration, lock, retries and outcome."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta

import dagster as dg
from loguru import logger

from dataflow_health import masking
from dataflow_health.errors import DatabaseError
from dataflow_health.health.check import STEP
from dataflow_health.health.observation import Observation, Outcome
from dataflow_health.operations.run_events import RunEvents
from dataflow_health.orchestration import active_runs
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.stages import heartbeat
from dataflow_health.stages.stage import Dependencies, StageRequest
from dataflow_health.storage.ledger import aircraft, lake_marker, quarantine
from dataflow_health.storage.records import audit_log, observations
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.sql import locks

RETRY = dg.RetryPolicy(
    max_retries=2, delay=2, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS
)
"""For errors of the stage itself, such as a lost database; a bad recording never raises."""

BACKFILL_WAITS_S = 1800.0
"""Longest time that a stage of a backfill waits for other runs, seconds."""

SCOPE_TAG = "dataflow_health/asked_by"
"""Tag of runs whose scope was set before they began, as by ``dataflow-health rerun``."""

_AUTOMATION_TAGS = (
    "dagster/sensor_name", "dagster/schedule_name", "dagster/from_automation_condition",
    "dagster/auto_materialize",
)  # fmt: skip
"""Tags that Dagster gives a run that it starts itself."""
_SENSOR_TAG = "dagster/sensor_name"
ARRIVALS = "arrivals"
"""Sensor that records what is new at the source before it starts a run."""
_PARENT_TAG = "dagster/parent_run_id"
"""Tag of a re-execution, which inherits the tags of its parent."""
_RETRY_TAG = "dagster/retry_number"
"""Tag of a re-execution that Dagster starts itself."""


class TriedAgainError(Exception):
    """Ends a stage without an outcome: the same run tries it again at once."""


class StageConfig(dg.Config):
    """Launchpad form of a stage.

    Attributes:
        force: Process finished items again.
        tail: Tail of the only aircraft to process; empty for all. An unopened archive matches by
            its name: download takes no new archives, and extract opens those with the tail.
    """

    force: bool = False
    tail: str = ""


def is_manual(tags: Mapping[str, str]) -> bool:
    """Whether a person started the run, or re-executed it, in Dagster's UI or by its API.

    Only such runs retry what is in quarantine: automatic ones would otherwise run a day with one
    bad recording for ever.
    """
    if SCOPE_TAG in tags or _RETRY_TAG in tags:
        return False
    return _PARENT_TAG in tags or not any(tag in tags for tag in _AUTOMATION_TAGS)


@contextmanager
def start(
    context: dg.AssetExecutionContext, pipeline: PipelineResource, stage: str, config: StageConfig
) -> Iterator[StageRequest]:
    """As :func:`run_stage`, for the partition of a run and the form of its launchpad.

    A run that a person started retries what is in quarantine, too. One of a backfill first waits
    while other runs work.
    """
    if active_runs.is_background(context.run):
        active_runs.lower_priority()
        active_runs.give_way(context.instance, BACKFILL_WAITS_S)
    day, run_id = context.partition_key, context.run.run_id

    def request() -> StageRequest:
        deps = pipeline.deps
        if is_manual(context.run.tags) and context.retry_number == 0:
            _requeue(context, deps, stage, config.tail)
        only = aircraft.ids(deps.engine, stage, day, config.tail) if config.tail else None
        is_watched = context.run.tags.get(_SENSOR_TAG) == ARRIVALS
        return pipeline.request(day, run_id, force=config.force, only=only, is_watched=is_watched)

    with run_stage(pipeline, stage, day, run_id, request) as given:
        yield given


@contextmanager
def run_stage(
    pipeline: PipelineResource,
    stage: str,
    day: str,
    run_id: str,
    request: Callable[[], StageRequest],
) -> Iterator[StageRequest]:
    """Locks the stage and day, yields the request, and saves whether the stage ended well.

    While the stage runs, it writes its heartbeat to the ledger.

    However runs are started, a stage processes one day in one run at a time: pools hold back only
    queued runs, and two at once would overwrite each other's files of an aircraft's day.

    Args:
        pipeline: Settings and dependencies.
        stage: Name of the stage.
        day: Arrival day.
        run_id: Dagster run.
        request: Returns the request, once the stage and day are locked.
    """
    with logger.contextualize(stage=stage, run=run_id):
        events = RunEvents(pipeline.settings, lambda: pipeline.deps.catalogue, stage, day, run_id)
        try:
            with locks.acquire(pipeline.deps.engine, locks.stage_lock(stage, day)):
                lake_marker.ensure(pipeline.deps.engine, pipeline.deps.lake)
                hung_after = timedelta(seconds=pipeline.settings.hung_after_s)
                with heartbeat.beat(pipeline.deps, stage, request(), hung_after) as given:
                    events.add("START")
                    yield given
        except TriedAgainError:
            events.add("FAIL", "the run tries it again")
            raise
        except Exception as error:
            logger.error("{} of {}: {}", stage, day, error)
            detail = masking.mask((str(error).splitlines() or [type(error).__name__])[0])
            _save_outcome(pipeline, stage, day, run_id, "failed", detail)
            events.add("FAIL", detail)
            raise
        _save_outcome(pipeline, stage, day, run_id, "passed", "the last run ended well")
        events.add("COMPLETE")


def _requeue(context: dg.AssetExecutionContext, deps: Dependencies, stage: str, tail: str) -> None:
    """Requeues the items that the stage refused on this day, and writes to the audit log."""
    run, day = context.run, context.partition_key
    operator = Operator("dagster", f"dagster@{run.run_id}")
    claimed = run.tags.get("user", "")[:64]  # by the run's starter, so no identity
    reason = f"materialised by hand{f', {tail} only' if tail else ''}"
    reason += f", by its tag for {claimed!r}" if claimed else ""
    audit_log.record(
        deps.engine, operator, "rerun", f"{stage} of {day}", reason=reason, at=deps.clock()
    )
    refused = quarantine.find(deps.engine, stage=stage, day=day, tail=tail or None)
    quarantine.requeue(
        deps.engine, refused, operator, action="rerun", reason=reason, at=deps.clock()
    )
    context.log.info(f"Retrying {len(refused)} items from quarantine")


def _save_outcome(
    pipeline: PipelineResource,
    stage: str,
    day: str,
    run_id: str,
    outcome: Outcome,
    detail: str,
) -> None:
    """Saves the stage's ``step`` check; without a database, its own check shows that instead."""
    try:
        deps = pipeline.deps
        observation = Observation(
            process=stage,
            check=STEP,
            outcome=outcome,
            detail=detail,
            at=deps.clock(),
            arrival_day=date.fromisoformat(day),
        )
        observations.save(deps.engine, [observation], run_id)
    except DatabaseError as error:
        logger.error("cannot save the outcome of {}: {}", stage, error)
