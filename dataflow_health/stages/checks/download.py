"""Checks of download: the source answers, the disk has room, and every aircraft reports."""

import shutil

from dataflow_health import masking
from dataflow_health.errors import SourceUnreachable
from dataflow_health.stages.checks.check import CheckContext, StageCheckResult
from dataflow_health.storage.files import source


def source_reachable(context: CheckContext) -> StageCheckResult:
    """The source can be listed."""
    url = context.thresholds.source_url
    try:
        source.some_archives(url, 1)
    except SourceUnreachable as error:
        return StageCheckResult(False, str(error))
    return StageCheckResult(True, f"{masking.mask_url(url)} can be listed")


def disk_headroom(context: CheckContext) -> StageCheckResult:
    """The disk of the lake has enough free space."""
    root, needed = context.lake.local, context.thresholds.disk_free_share
    if root is None:
        return StageCheckResult(True, "the lake is not on a disk of this machine")
    root.mkdir(parents=True, exist_ok=True)
    usage = shutil.disk_usage(root)
    share = usage.free / usage.total
    return StageCheckResult(share >= needed, f"free ({share:.1%}) >= {needed:.0%}")
