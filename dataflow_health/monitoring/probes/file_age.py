"""Kind ``file_age``: the newest file is recent enough."""

from dataflow_health.health.live_check import FileAge
from dataflow_health.monitoring.probes import files
from dataflow_health.monitoring.probes.result import ProbeContext, ProbeResult, passed_if_recent
from dataflow_health.monitoring.probes.target import resolve


def probe(check: FileAge, context: ProbeContext) -> ProbeResult:
    """Compares the age of the newest file. Failed when there is no file."""
    where = resolve(check.path, check.path_from, context.environment)
    found = files.changed(where, check.pattern)
    if not found:
        return ProbeResult("failed", f"no file {check.pattern} in {where}".replace("  ", " "))
    name, changed_at = found[0]
    return passed_if_recent(name, context.now - changed_at, check.at_most)
