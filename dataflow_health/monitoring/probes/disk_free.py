"""Has the disk room?"""

import shutil
from pathlib import Path

from dataflow_health.health.live_check import DiskFree
from dataflow_health.monitoring.probes.result import Answer, Around, held
from dataflow_health.monitoring.probes.target import local_path, place


def ask(check: DiskFree, around: Around) -> Answer:
    """Measures the disk that holds the path, or will hold it once it is made."""
    where = place(check.path, check.path_from, around.environment)
    path = local_path(where)
    if path is None:
        return Answer("passed", f"{where} is on no local disk")
    usage = shutil.disk_usage(_standing(path.absolute()))
    free_pct, free_gb = 100 * usage.free / usage.total, usage.free / 1e9
    if free_gb < check.at_least_gb:
        return Answer("failed", f"free_gb ({free_gb:.1f}) >= {check.at_least_gb:g}")
    return held(
        free_pct >= check.at_least_pct, f"free_pct ({free_pct:.1f}) >= {check.at_least_pct:g}"
    )


def _standing(path: Path) -> Path:
    return next(each for each in (path, *path.parents) if each.exists())
