"""Sensor ``owed``: pays what is owed while nothing that arrived waits or is worked on."""

import hashlib
from datetime import datetime, timedelta

import dagster as dg

from dataflow_health.errors import ConfigError, DatabaseError
from dataflow_health.health.outdated_recordings import OutdatedRecordings
from dataflow_health.health.owed_answers import OwedAnswers
from dataflow_health.orchestration.active_runs import ACTIVE
from dataflow_health.orchestration.jobs.owed import OWED
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.orchestration.sensors.arrivals import MAX_ATTEMPTS
from dataflow_health.orchestration.sensors.running_sensor import running_sensor
from dataflow_health.storage.ledger import arrival_days
from dataflow_health.storage.queries import outdated_recordings, owed_answers

INTERVAL_S = 30
RETRY_AFTER = timedelta(hours=1)
"""After this time, the same debt may start another run; a debt that shrank may at once."""
TAGS = {"dagster/priority": "-10", "dagster/max_retries": "0"}
"""Runs of arrivals have priority 0."""


@running_sensor(
    "owed", INTERVAL_S, "Pays what is owed, newest days first, while no other run works.", OWED
)
def owed(
    context: dg.SensorEvaluationContext, pipeline: PipelineResource
) -> dg.RunRequest | dg.SkipReason:
    """Requests one run for everything that is owed, or skips with the reason.

    The run waits while another one works, so at most a batch of a few seconds is in its way.
    """
    try:
        deps = pipeline.deps
        if waiting := arrival_days.unfinished(deps.engine, MAX_ATTEMPTS):
            return dg.SkipReason(f"{', '.join(waiting)} has unfinished work, which goes first")
        if context.instance.get_runs_count(dg.RunsFilter(statuses=ACTIVE)):
            return dg.SkipReason("other runs are active; they go first")
        owed_now = owed_answers.read(deps.engine)
        older = outdated_recordings.read(deps.engine)
    except (DatabaseError, ConfigError) as error:
        return dg.SkipReason(str(error))
    if not owed_now.days and not older.days:
        return dg.SkipReason("nothing is owed")
    return dg.RunRequest(
        run_key=run_key(owed_now, older, deps.clock()),
        run_config={"ops": {"pay": {"config": {"in_background": True}}}},
        tags=TAGS,
    )


def run_key(owed_now: OwedAnswers, older: OutdatedRecordings, now: datetime) -> str:
    """Key of a run for a debt: Dagster starts it once in :data:`RETRY_AFTER`."""
    turn = int(now.timestamp() // RETRY_AFTER.total_seconds())
    debts = [(each.algorithm, each.version, each.recordings) for each in owed_now.days]
    return f"owed-{hashlib.sha256(repr((debts, older.recordings, turn)).encode()).hexdigest()[:16]}"
