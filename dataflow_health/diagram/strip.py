"""Health strip: one small square for each process, as Markdown that Dagster's UI shows inline.

The UI renders Markdown metadata of up to 1,000 characters inline, including data-URI images.
"""

import base64
from collections.abc import Sequence

from dataflow_health.diagram.nodes import format_status_counts
from dataflow_health.diagram.palette import PALETTE
from dataflow_health.health.report import HealthReport, ProcessHealth
from dataflow_health.health.status import ORDER, Status

MAX_CHARACTERS = 1000
"""Characters of Markdown that the UI shows without a click."""

_STEP = 20
_SIDE = 18


def draw_strip(report: HealthReport, *, max_characters: int = MAX_CHARACTERS) -> str:
    """Draws a report as Markdown with an inline picture.

    Stages come first, then external processes. Processes at the end that do not fit are replaced by
    their number.

    Args:
        report: The report.
        max_characters: Maximum length of the Markdown.
    """
    processes = sorted(report.processes, key=lambda process: process.external)
    for size in range(len(processes), 0, -1):
        markdown = _markdown(report, processes[:size], omitted=len(processes) - size)
        if len(markdown) <= max_characters:
            return markdown
    return f"{report.status.symbol} {report.status}"


def draw_strip_svg(processes: Sequence[ProcessHealth]) -> str:
    """Draws the squares as SVG; all squares of one status share a path, to save characters."""
    marks = "".join(
        _squares(status, [i for i, process in enumerate(processes) if process.status is status])
        for status in ORDER
    )
    width = max(len(processes), 1) * _STEP
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{_SIDE}">{marks}</svg>'


def _markdown(report: HealthReport, processes: Sequence[ProcessHealth], *, omitted: int) -> str:
    picture = base64.b64encode(draw_strip_svg(processes).encode()).decode()
    alt = format_status_counts(process.status for process in report.processes)
    more = f" (+{omitted} more)" if omitted else ""
    return f"![{alt}](data:image/svg+xml;base64,{picture}){more}"


def _squares(status: Status, positions: Sequence[int]) -> str:
    if not positions:
        return ""
    colours = PALETTE[status]
    path = "".join(f"M{i * _STEP} 0h{_SIDE}v{_SIDE}h-{_SIDE}z" for i in positions)
    xs = " ".join(str(i * _STEP + 5) for i in positions)
    text = f'<text x="{xs}" y="14" fill="{colours.text}">{status.symbol * len(positions)}</text>'
    return f'<path fill="{colours.fill}" d="{path}"/>{text}'
