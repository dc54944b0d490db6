"""A health strip: one small square a process, as Markdown that Dagster's UI shows inline.

The UI renders Markdown metadata inline up to 1,000 characters, data-URI images in it too.
"""

import base64
from collections.abc import Sequence

from dataflow_health.diagram.nodes import counted
from dataflow_health.health.report import HealthReport, ProcessHealth
from dataflow_health.health.status import ORDER, Status

MOST = 1000
"""Characters of Markdown that are shown without a click."""

_STEP = 20
_SIDE = 18


def strip(report: HealthReport, *, most: int = MOST) -> str:
    """Draws a report as Markdown with an inline picture of at most ``most`` characters.

    Stages come first, then external processes; when there are too many, the last are left out and
    counted.
    """
    shown = sorted(report.processes, key=lambda process: process.external)
    for size in range(len(shown), 0, -1):
        markdown = _markdown(report, shown[:size], left_out=len(shown) - size)
        if len(markdown) <= most:
            return markdown
    return f"{report.status.symbol} {report.status}"


def strip_svg(processes: Sequence[ProcessHealth]) -> str:
    """The picture alone: squares of one colour are one path, to save characters."""
    marks = "".join(
        _squares(status, [i for i, each in enumerate(processes) if each.status is status])
        for status in ORDER
    )
    width = max(len(processes), 1) * _STEP
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{_SIDE}">{marks}</svg>'


def _markdown(report: HealthReport, shown: Sequence[ProcessHealth], *, left_out: int) -> str:
    picture = base64.b64encode(strip_svg(shown).encode()).decode()
    words = counted(process.status for process in report.processes)
    more = f" (+{left_out} more)" if left_out else ""
    return f"![{words}](data:image/svg+xml;base64,{picture}){more}"


def _squares(status: Status, places: Sequence[int]) -> str:
    if not places:
        return ""
    path = "".join(f"M{i * _STEP} 0h{_SIDE}v{_SIDE}h-{_SIDE}z" for i in places)
    across = " ".join(str(i * _STEP + 5) for i in places)
    text = f'<text x="{across}" y="14" fill="{status.ink}">{status.symbol * len(places)}</text>'
    return f'<path fill="{status.colour}" d="{path}"/>{text}'
