"""Arrival days that a run has work on."""

from dataflow_health.monitoring import history
from dataflow_health.settings import Settings
from dataflow_health.stages import source_watch
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.ledger import arrival_days


def find(deps: Dependencies, chosen: Settings) -> list[str]:
    """Arrival days with new archives, unfinished work or missing check results.

    Raises:
        SourceUnreachable: The source cannot be listed.
        DatabaseError: The database does not answer.
    """
    now = deps.clock()
    news = {w.day for w in source_watch.find(deps.engine, chosen.source_url, now, chosen.settle_s)}
    unfinished = {
        *arrival_days.unfinished(deps.engine),
        *history.unchecked_days(deps.engine, deps.catalogue.processes, now),
    }
    return sorted(news | unfinished)
