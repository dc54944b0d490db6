"""Runs the pipeline in this process, on the persistent Dagster instance: what ``demo`` does."""

from collections.abc import Callable, Sequence

import dagster as dg

from dataflow_health.orchestration.partitions import add_days
from dataflow_health.orchestration.stage_run import SCOPE_TAG
from dataflow_health.settings import Settings
from dataflow_health.stages import new_archives
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.ledger import arrival_days
from dataflow_health.storage.records import observations

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""Events go to the instance, where the UI shows them; a terminal shows bars."""


def due(deps: Dependencies, chosen: Settings) -> list[str]:
    """Days with new archives at the source, with work left undone, or not judged yet.

    Raises:
        SourceUnreachable: The source cannot be listed.
        DatabaseError: The database does not answer.
    """
    now = deps.clock()
    news = {w.day for w in new_archives.find(deps.engine, chosen.source_url, now, chosen.settle_s)}
    unfinished = {
        *arrival_days.unfinished(deps.engine),
        *observations.unchecked_days(deps.engine),
    }
    return sorted(news | unfinished)


def run_days(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    days: Sequence[str],
    begun: Callable[[str], None],
) -> list[str]:
    """Runs the pipeline for days, one after the other; gives those whose run failed."""
    add_days(instance, list(days))
    job = definitions.resolve_job_def("pipeline")
    failed = []
    for day in days:
        begun(day)
        done = job.execute_in_process(
            instance=instance,
            partition_key=day,
            raise_on_error=False,
            run_config=_QUIET,
            tags={SCOPE_TAG: "dataflow-health"},
        )
        failed += [] if done.success else [day]
    return failed
