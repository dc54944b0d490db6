"""Kind ``queue_age``: the oldest file in a queue has not waited too long."""

from dataflow_health.health.live_check import QueueAge
from dataflow_health.monitoring.probes import files
from dataflow_health.monitoring.probes.result import ProbeContext, ProbeResult, passed_if_recent
from dataflow_health.monitoring.probes.target import resolve


def probe(check: QueueAge, context: ProbeContext) -> ProbeResult:
    """Compares the age of the oldest file. An empty queue passes; a missing folder fails."""
    where = resolve(check.path, check.path_from, context.environment)
    if not files.exists(where):
        return ProbeResult("failed", f"{where} is missing")
    found = files.changed(where, check.pattern)
    if not found:
        return ProbeResult("passed", "no files waiting")
    name, changed_at = found[-1]
    result = passed_if_recent(name, context.now - changed_at, check.at_most)
    return ProbeResult(result.outcome, f"{result.detail}, {len(found)} waiting")
