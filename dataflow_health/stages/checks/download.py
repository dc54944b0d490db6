"""What download asserts besides."""

import shutil

from sqlalchemy import func, select

from dataflow_health.errors import SourceUnreachable
from dataflow_health.health.observation import Evidence
from dataflow_health.stages.checks.check_day import CheckContext, StageCheckResult
from dataflow_health.storage.files import source
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch


def source_reachable(day: CheckContext) -> StageCheckResult:
    """The source can be listed."""
    try:
        offered = source.offers(day.thresholds.source_url)
    except SourceUnreachable as error:
        return StageCheckResult(False, str(error))
    return StageCheckResult(
        True, f"{source.masked(day.thresholds.source_url)} lists {len(offered)} archives"
    )


def disk_headroom(day: CheckContext) -> StageCheckResult:
    """The lake's disk has room."""
    root = day.lake.local
    if root is None:
        return StageCheckResult(True, "the lake is not on this machine's disks")
    root.mkdir(parents=True, exist_ok=True)
    usage = shutil.disk_usage(root)
    share = usage.free / usage.total
    return StageCheckResult(
        share >= day.thresholds.disk_free_share,
        f"free ({share:.1%}) >= {day.thresholds.disk_free_share:.0%}",
    )


def aircraft_heard_from(day: CheckContext) -> StageCheckResult:
    """Every aircraft that ever sent an archive did so lately."""
    table = tables.recording
    newest = select(table.c.tail, func.max(table.c.arrived_at).label("at")).group_by(table.c.tail)
    silent = [
        row for row in fetch(day.engine, newest) if day.now - row.at > day.thresholds.silent_after
    ]
    evidence = tuple(
        Evidence(
            stage=day.stage,
            reason="aircraft_silent",
            tail=row.tail,
            expected=f"an archive within {day.thresholds.silent_after}",
            found=f"last one at {row.at:%Y-%m-%d %H:%M}Z",
        )
        for row in silent
    )
    return StageCheckResult(not silent, f"silent aircraft ({len(silent)}) must be 0", evidence)
