"""Kind ``dagster_daemon``: Dagster's daemons sent a heartbeat recently."""

from dataflow_health.health.live_check import DagsterDaemon
from dataflow_health.monitoring.probes.result import ProbeContext, ProbeResult, passed_if_recent


def probe(check: DagsterDaemon, context: ProbeContext) -> ProbeResult:
    """Compares the age of the oldest heartbeat; a declared daemon without one fails."""
    if context.dagster is None:
        return ProbeResult("unknown", "this process has no Dagster instance")
    heartbeats = context.dagster.daemon_heartbeats()
    silent = [name for name in check.daemons if name not in heartbeats]
    if silent:
        return ProbeResult("failed", f"no heartbeat ever: {', '.join(silent)}")
    compared = {name: heartbeats[name] for name in check.daemons or heartbeats}
    if not compared:
        return ProbeResult("unknown", "no daemon has run yet; dataflow-health up starts it")
    oldest = min(compared, key=lambda name: (compared[name], name))
    return passed_if_recent(f"heartbeat of {oldest}", context.now - compared[oldest], check.at_most)
