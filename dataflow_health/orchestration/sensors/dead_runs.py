"""Sensor ``dead_runs``: ends runs whose processes have died, as after a power loss, or hang.

Dagster's default launcher does not watch the processes of its runs: a dead run would stay STARTED,
hold its place in the queue, and keep its arrival day from being processed again.
"""

import json
from datetime import UTC, datetime, timedelta

import dagster as dg
from loguru import logger
from sqlalchemy import Engine

from dataflow_health.errors import DatabaseError
from dataflow_health.orchestration.resources import LIVE_TAG, PipelineResource
from dataflow_health.orchestration.sensors import hung_steps
from dataflow_health.orchestration.sensors.running_sensor import running_sensor
from dataflow_health.storage.sql import locks

INTERVAL_S = 10
QUIET_AFTER = timedelta(seconds=30)
"""A run that logged an event more recently may be starting the process of its next step."""
KEEP_LOCKS_FOR = timedelta(days=1)
"""Age at which the lock files of runs that have ended are removed."""

STATUSES = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


@running_sensor(
    "dead_runs",
    INTERVAL_S,
    "Ends runs whose processes have died or hang, so that their days go on.",
)
def dead_runs(context: dg.SensorEvaluationContext, pipeline: PipelineResource) -> dg.SkipReason:
    """Ends each run that had no living process at this tick and at the one before.

    So are the processes of a step that hung for too long at both; their run is dead at the next.
    """
    before = set(json.loads(context.cursor or "[]"))
    try:
        now, engine = datetime.now(UTC), pipeline.deps.engine
        limit = timedelta(seconds=pipeline.settings.hung_ends_after_s)
        hung = {hung_steps.key_of(each): each for each in hung_steps.find_hung(engine, now, limit)}
        killed = hung_steps.end(
            context.instance, [hung[key] for key in sorted(before & set(hung))], now
        )
        found = find_dead(context.instance, engine, now)
        locks.remove_free_run_locks(engine, older_than=now - KEEP_LOCKS_FOR)
    except DatabaseError as error:
        return dg.SkipReason(str(error))
    ended = [run for run in found if run.run_id in before]
    for run in ended:
        end(context.instance, run)
    context.update_cursor(json.dumps(sorted({*(run.run_id for run in found), *hung} - before)))
    return dg.SkipReason(
        f"runs without a living process: {len(found)}, ended: {len(ended)}, hung: {killed}"
    )


def find_dead(instance: dg.DagsterInstance, engine: Engine, now: datetime) -> list[dg.DagsterRun]:
    """Started runs whose lock is free and whose last event is old.

    Args:
        instance: Dagster instance of the runs.
        engine: Database that the locks belong to.
        now: Current time, UTC.

    Raises:
        DatabaseError: The database does not answer.
    """
    started = instance.get_runs(dg.RunsFilter(statuses=STATUSES, tags={LIVE_TAG: "true"}))
    return [
        run
        for run in started
        if not locks.is_locked(engine, locks.run_lock(run.run_id))
        and now - _last_event_at(instance, run.run_id) > QUIET_AFTER
    ]


def end(instance: dg.DagsterInstance, run: dg.DagsterRun) -> None:
    """Reports a dead run as failed, or as cancelled when it was being cancelled.

    Dagster's own retry is switched off for it: the sensor ``arrivals`` starts the day again.
    """
    logger.warning("run {} has no living process and is ended", run.run_id)
    hung_steps.mark_died(instance, run.run_id)
    message = "The processes of this run have died; its arrival day is started again."
    if run.status is dg.DagsterRunStatus.CANCELING:
        instance.report_run_canceled(run, message)
    else:
        instance.report_run_failed(run, message)


def _last_event_at(instance: dg.DagsterInstance, run_id: str) -> datetime:
    """Time of the newest event of a run; the epoch when it has none."""
    records = instance.get_records_for_run(run_id, limit=1, ascending=False).records
    timestamp = records[0].event_log_entry.timestamp if records else 0.0
    return datetime.fromtimestamp(timestamp, UTC)
