"""Kind ``file_exists``: a file or folder exists; a folder on this machine can be listed."""

from dataflow_health.health.live_check import FileExists
from dataflow_health.monitoring.probes import files
from dataflow_health.monitoring.probes.result import ProbeContext, ProbeResult, passed_if
from dataflow_health.monitoring.probes.target import resolve


def probe(check: FileExists, context: ProbeContext) -> ProbeResult:
    """Passed when the path exists."""
    where = resolve(check.path, check.path_from, context.environment)
    found = files.exists(where)
    return passed_if(found, f"{where} is {'there' if found else 'missing'}")
