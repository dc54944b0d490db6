"""Kind ``canary_on_time``: the newest canary run is recent, and was fast enough."""

from dataflow_health.health.self_check import CanaryOnTime
from dataflow_health.monitoring.probes import installation
from dataflow_health.monitoring.probes.result import ProbeContext, ProbeResult, passed_if_recent


def probe(check: CanaryOnTime, context: ProbeContext) -> ProbeResult:
    """Compares the duration of the run, then its age."""
    canary = installation.last_canary(context)
    slowest_s = check.slowest.total_seconds()
    if canary.took_s > slowest_s:
        return ProbeResult("failed", f"landing to SQL ({canary.took_s:.0f} s) <= {slowest_s:.0f} s")
    return passed_if_recent("the last canary run", context.now - canary.at, check.at_most)
