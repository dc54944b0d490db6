"""Is the file or folder there?"""

from dataflow_health.health.live_check import FileExists
from dataflow_health.monitoring.probes import files
from dataflow_health.monitoring.probes.result import ProbeContext, ProbeResult, passed_if
from dataflow_health.monitoring.probes.target import resolve


def probe(check: FileExists, context: ProbeContext) -> ProbeResult:
    """Looks for the path."""
    where = resolve(check.path, check.path_from, context.environment)
    there = files.exists(where)
    return passed_if(there, f"{where} is {'there' if there else 'missing'}")
