"""Sensor ``arrivals``: starts the pipeline for arrival days with new archives."""

import hashlib
import time
from datetime import date, datetime, timedelta
from itertools import takewhile

import dagster as dg

from dataflow_health.errors import DatabaseError, SourceUnreachable
from dataflow_health.orchestration import active_runs
from dataflow_health.orchestration.active_runs import ACTIVE, QUEUED
from dataflow_health.orchestration.active_runs import PARTITION_TAG as _DAY
from dataflow_health.orchestration.jobs.arrival_day import PIPELINE
from dataflow_health.orchestration.partitions import add_days
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.orchestration.sensors.hung_steps import DIED_TAG
from dataflow_health.orchestration.sensors.running_sensor import running_sensor
from dataflow_health.orchestration.stage_run import ARRIVALS
from dataflow_health.settings import Settings
from dataflow_health.stages import source_watch
from dataflow_health.stages.new_archives import NewArchive
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.ledger import arrival_days

INTERVAL_S = 4
"""Less than the five seconds of the sensor daemon's loop, or a tick that began late would have the
next loop left out."""
WATCHES_S = 4.0
"""Seconds for which a tick watches a folder for archives: Dagster would look every five."""
LOOK_EVERY_S = 0.5
LOOKS_SHARE = 0.04
"""Share of a tick's time that looks take at most."""
RETRY_S = 300
"""After this time, the same new archives may start another run."""
LOOKS_BACK = timedelta(days=1)
"""Age of the runs that are looked at; what did not happen within a day needs an operator."""
OLD = timedelta(days=2)
"""Age of an arrival day whose unfinished work lets new archives go first: a backfill left it."""
OLD_TAGS = {"dagster/priority": "-1"}
MAX_ATTEMPTS = 5
"""A recording that was started this often without finishing needs an operator."""


@running_sensor(
    ARRIVALS,
    INTERVAL_S,
    "Starts the pipeline for every arrival day with a complete new archive.",
    PIPELINE,
)
def arrivals(
    context: dg.SensorEvaluationContext, pipeline: PipelineResource
) -> dg.SensorResult | dg.SkipReason:
    """Requests one run for each arrival day with new archives or unfinished work.

    At most one run of a day is queued: it takes whatever the source holds when it begins. One in
    the background does not count, because new archives do not wait for it.

    The run key is a digest of the new archives, so Dagster starts a run for them only once.
    """
    chosen = pipeline.settings
    try:
        deps = pipeline.deps
        by_day: dict[str, list[NewArchive]] = {day: [] for day in _unfinished_days(context, deps)}
        by_day |= {day: [] for day in _unchecked_days(context.instance, deps.clock())}
        found = _watch(deps, chosen, 0.0 if by_day else WATCHES_S)
    except (SourceUnreachable, DatabaseError) as error:
        return dg.SkipReason(str(error))
    queued = active_runs.days(context.instance, QUEUED, background=False) if found else set()
    for each in found:
        if each.day not in queued:
            by_day.setdefault(each.day, []).append(each)
    if not by_day:
        reason = "a run of their day is queued" if found else "no new archives at the source"
        return dg.SkipReason(reason)
    add_days(context.instance, sorted(by_day))
    now = deps.clock()
    return dg.SensorResult(
        run_requests=[
            _request(day, waiting, now, _newest_dead_run(context.instance, day))
            for day, waiting in by_day.items()
        ]
    )


def _watch(deps: Dependencies, chosen: Settings, for_s: float) -> list[NewArchive]:
    """New archives at the source, as soon as there are some; a folder is watched for a while."""
    watch = source_watch.of(deps.engine, chosen.source_url)
    until_s = time.monotonic() + (0.0 if "://" in chosen.source_url else for_s)
    while True:
        begun_s = time.monotonic()
        found = watch.find(deps.engine, deps.clock(), chosen.settle_s)
        now_s = time.monotonic()
        pause_s = max(LOOK_EVERY_S, (now_s - begun_s) / LOOKS_SHARE)
        if found or now_s + pause_s > until_s:
            return found
        time.sleep(pause_s)


def _unfinished_days(context: dg.SensorEvaluationContext, deps: Dependencies) -> list[str]:
    """Days with work that an ended run did not finish, up to :data:`MAX_ATTEMPTS`."""
    days = arrival_days.unfinished(deps.engine, MAX_ATTEMPTS)
    if not days:
        return []
    taken = active_runs.days(context.instance, ACTIVE)
    return [day for day in days if day not in taken]


def _unchecked_days(instance: dg.DagsterInstance, now: datetime) -> list[str]:
    """Days whose newest run died or was cancelled: all work may be done, and not all checked.

    Checks come after the work of a stage. Without them, the stage would stay STALE until the next
    archive of its day arrives. A run that was cancelled before it began is left cancelled, and a
    day whose runs die one after the other needs an operator.
    """
    since = now - LOOKS_BACK
    died = instance.get_runs(dg.RunsFilter(tags={DIED_TAG: "true"}, updated_after=since))
    cancelled = dg.RunsFilter(statuses=[dg.DagsterRunStatus.CANCELED], updated_after=since)
    records = instance.get_run_records(cancelled)
    cut = [*died, *(each.dagster_run for each in records if each.start_time is not None)]
    ended = {run.run_id for run in cut if run.is_finished}
    days = {run.tags[_DAY] for run in cut if _DAY in run.tags}
    return sorted(day for day in days if 0 < _cut_in_a_row(instance, day, ended) < MAX_ATTEMPTS)


def _cut_in_a_row(instance: dg.DagsterInstance, day: str, ended: set[str]) -> int:
    """Number of the newest runs of a day that were cut."""
    newest = instance.get_runs(dg.RunsFilter(tags={_DAY: day}), limit=MAX_ATTEMPTS)
    return len(list(takewhile(lambda run: run.run_id in ended, newest)))


def _newest_dead_run(instance: dg.DagsterInstance, day: str) -> str:
    """Id of the newest run of a day whose processes died; empty without one."""
    tags = {DIED_TAG: "true", _DAY: day}
    return next((run.run_id for run in instance.get_runs(dg.RunsFilter(tags=tags), limit=1)), "")


def _request(
    day: str, waiting: list[NewArchive], now: datetime, dead_run: str = ""
) -> dg.RunRequest:
    """Run of a day. Its key changes after ``RETRY_S``, and at once when a run of the day died.

    A backfill that was killed leaves up to eight days unfinished, each with a run of its own: a
    flight that lands meanwhile waits for the run that works, and not for all of them.
    """
    files = [(w.offered.name, w.offered.size_bytes, str(w.offered.modified_at)) for w in waiting]
    turn = int(now.timestamp()) // RETRY_S
    key = hashlib.sha256(repr((sorted(files), turn, dead_run)).encode()).hexdigest()[:16]
    is_old = not waiting and date.fromisoformat(day) < (now - OLD).date()
    tags = OLD_TAGS if is_old else {}
    return dg.RunRequest(run_key=f"{day}-{key}", partition_key=day, tags=tags)
