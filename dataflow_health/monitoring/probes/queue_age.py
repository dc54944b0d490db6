"""Has the oldest waiting file waited too long?"""

from dataflow_health.health.live_check import QueueAge
from dataflow_health.monitoring.probes import files
from dataflow_health.monitoring.probes.result import ProbeContext, ProbeResult, passed_if_recent
from dataflow_health.monitoring.probes.target import resolve


def probe(check: QueueAge, context: ProbeContext) -> ProbeResult:
    """Compares the oldest file's age; an empty queue passes, a missing one fails."""
    where = resolve(check.path, check.path_from, context.environment)
    if not files.exists(where):
        return ProbeResult("failed", f"{where} is missing")
    found = files.changed(where, check.pattern)
    if not found:
        return ProbeResult("passed", "nothing waits")
    name, changed_at = found[-1]
    answer = passed_if_recent(name, context.now - changed_at, check.at_most)
    return ProbeResult(answer.outcome, f"{answer.detail}, {len(found)} waiting")
