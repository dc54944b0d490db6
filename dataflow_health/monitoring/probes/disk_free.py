"""Kind ``disk_free``: the disk of a path has enough free space."""

import shutil
from pathlib import Path

from dataflow_health.health.live_check import DiskFree
from dataflow_health.monitoring.probes.result import ProbeContext, ProbeResult, passed_if
from dataflow_health.monitoring.probes.target import local_path, resolve


def probe(check: DiskFree, context: ProbeContext) -> ProbeResult:
    """Measures the disk of the path; for a missing path, that of its nearest existing parent."""
    where = resolve(check.path, check.path_from, context.environment)
    path = local_path(where)
    if path is None:
        return ProbeResult("passed", f"{where} is not on a local disk")
    usage = shutil.disk_usage(_existing_parent(path.absolute()))
    free_pct, free_gb = 100 * usage.free / usage.total, usage.free / 1e9
    if free_gb < check.at_least_gb:
        return ProbeResult("failed", f"free_gb ({free_gb:.1f}) >= {check.at_least_gb:g}")
    return passed_if(
        free_pct >= check.at_least_pct, f"free_pct ({free_pct:.1f}) >= {check.at_least_pct:g}"
    )


def _existing_parent(path: Path) -> Path:
    return next(each for each in (path, *path.parents) if each.exists())
