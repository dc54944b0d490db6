"""Does Dagster's daemon live?

The heartbeats come from whoever holds a Dagster instance; this module knows none.
"""

from dataflow_health.health.live_check import DagsterDaemon
from dataflow_health.monitoring.probes.result import ProbeContext, ProbeResult, passed_if_recent


def probe(check: DagsterDaemon, context: ProbeContext) -> ProbeResult:
    """Compares the oldest heartbeat's age; one that was wanted and never beat fails."""
    if context.heartbeats is None:
        return ProbeResult("unknown", "no Dagster instance is at hand here")
    beats = context.heartbeats()
    silent = [name for name in check.daemons if name not in beats]
    if silent:
        return ProbeResult("failed", f"never beat: {', '.join(silent)}")
    asked = {name: beats[name] for name in check.daemons or beats}
    if not asked:
        return ProbeResult("unknown", "no daemon ever beat; dataflow-health up starts it")
    oldest = min(asked, key=lambda name: (asked[name], name))
    return passed_if_recent(f"heartbeat of {oldest}", context.now - asked[oldest], check.at_most)
