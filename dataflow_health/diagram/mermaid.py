"""Draws a health report as a Mermaid flowchart; equal reports give identical text.

Solid arrows are data, ending in a cross where a process is blocked. Dotted arrows connect checks,
drawn as hexagons between one stage and the next. Every colour comes with a symbol and a word;
nodes that are STALE or UNKNOWN have a dashed border.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from dataflow_health.diagram.escape import asset_url, escape_label, escape_plain, node_id
from dataflow_health.diagram.nodes import (
    Arrow,
    Folding,
    Node,
    build_arrows,
    build_nodes,
    format_status_counts,
)
from dataflow_health.diagram.palette import PALETTE
from dataflow_health.health.report import HealthReport
from dataflow_health.health.status import ORDER, Status

FOLD_ABOVE = 4
"""A process with more parts than this shows them as one node."""

MAX_TEXT = 50_000
"""Characters that a viewer takes by default (Mermaid's ``maxTextSize``)."""

OLD_AFTER = timedelta(minutes=1)
"""Age from which the title states the age of the report."""


def draw(
    report: HealthReport,
    *,
    title: str = "Dataflow Health",
    expand: bool = False,
    fold_above: int = FOLD_ABOVE,
    base_url: str | None = None,
    asset_keys: Mapping[str, str] | None = None,
    direction: str = "TB",
    now: datetime | None = None,
) -> str:
    """Draws a report.

    Args:
        report: The report.
        title: Start of the title, followed by time and status.
        expand: Draw every check and every part as its own node.
        fold_above: A process with more parts than this shows them as one node.
        base_url: URL of Dagster's UI, for links; None for no links.
        asset_keys: Asset key path by process, where it differs from the process name. The path of a
            part is ``process/part``.
        direction: ``TB`` (top to bottom) or ``LR`` (left to right).
        now: Time of drawing, UTC; the title states the age of an older report.

    Raises:
        ValueError: ``base_url`` is not an http or https URL, or ``direction`` is unknown.
    """
    if direction not in ("TB", "LR"):
        raise ValueError(f"direction {direction!r} is unknown, allowed: TB, LR")
    folding = Folding(expand, fold_above)
    boxes = tuple(build_nodes(report, folding))
    heading = _heading(report, title, now or report.at)
    lines = [
        "---",
        f"title: {json.dumps(escape_plain(heading), ensure_ascii=False)}",
        "---",
        f"flowchart {direction}",
        f"  accTitle: {escape_plain(heading)}",
        f"  accDescr: {escape_plain(_description(report))}",
        *_subgraphs(boxes),
        *(_arrow(arrow) for arrow in build_arrows(report, boxes, folding)),
        *(_class(status) for status in ORDER),
        *_class_assignments(boxes),
    ]
    text = "\n".join(lines) + "\n"
    return text if base_url is None else text + _links(boxes, base_url, asset_keys or {}, len(text))


def _heading(report: HealthReport, title: str, now: datetime) -> str:
    at = report.at.strftime("%Y-%m-%d %H:%M:%SZ")
    age = now - report.at
    old = f" ({int(age / timedelta(minutes=1))} min old)" if age > OLD_AFTER else ""
    return f"{title} at {at}{old}: {report.status}"


def _description(report: HealthReport) -> str:
    causes = "; ".join(f"{process.name}: {process.reason}" for process in report.causes)
    counts = format_status_counts(process.status for process in report.processes)
    return f"{counts}. {causes or 'Nothing is FAILED'}."


def _subgraphs(boxes: Sequence[Node]) -> Iterator[str]:
    """Nodes inside the subgraph of their group, in the order of the first node of each group."""
    for group in dict.fromkeys(node.group for node in boxes):
        members = (_node(node) for node in boxes if node.group == group)
        if not group:
            yield from members
            continue
        yield f'  subgraph {node_id("g", group)}["{escape_label(group)}"]'
        yield from (f"  {line}" for line in members)
        yield "  end"


_SHAPES = {
    "process": ('["', '"]'),
    "external": ('[["', '"]]'),
    "check": ('{{"', '"}}'),
    "part": ('(["', '"])'),
}
_ARROWS = {"data": "-->", "blocked": "--x", "check": "-.->", "part": "---"}


def _node(node: Node) -> str:
    opening, closing = _SHAPES[node.shape]
    first, *rest = (escape_label(line) for line in node.lines if line)
    return f"  {_id(node.key)}{opening}{'<br/>'.join([f'<b>{first}</b>', *rest])}{closing}"


def _arrow(arrow: Arrow) -> str:
    return f"  {_id(arrow.tail)} {_ARROWS[arrow.kind]} {_id(arrow.head)}"


def _id(key: tuple[str, ...]) -> str:
    """Id with a prefix: ``p`` process, ``c`` check, ``a`` part (asset), ``n`` number of others."""
    if len(key) == 3:
        return node_id("n", *key[:2]) if not key[2] else node_id("a", *key[:2])
    return node_id("p" if len(key) == 1 else "c", *key)


def _class(status: Status) -> str:
    colours = PALETTE[status]
    style = [f"fill:{colours.fill}", f"color:{colours.text}", "stroke:#24292f"]
    if status is Status.FAILED:
        style += ["stroke-width:4px"]
    if status in (Status.STALE, Status.UNKNOWN):
        style += ["stroke-width:2px", "stroke-dasharray:6 4"]
    return f"  classDef {status.lower()} {','.join(style)}"


def _class_assignments(boxes: Sequence[Node]) -> Iterator[str]:
    for status in ORDER:
        ids = [_id(node.key) for node in boxes if node.status is status]
        if ids:
            yield f"  class {','.join(ids)} {status.lower()}"


def _links(boxes: Sequence[Node], base_url: str, asset_keys: Mapping[str, str], length: int) -> str:
    """Links with tooltips, or without where the whole text would be too long for a viewer.

    Where it still would be, the links of parts are left out that need attention least.
    """
    clicks = [_click(node, base_url, asset_keys) for node in boxes]
    links = [f"{click} _blank\n" for click in clicks]
    tooltips = [
        f'{click} "{escape_plain(node.tooltip)}" _blank\n'
        for click, node in zip(clicks, boxes, strict=True)
    ]
    if length + sum(map(len, tooltips)) <= MAX_TEXT:
        return "".join(tooltips)
    fitting = set()
    for place in sorted(range(len(boxes)), key=lambda place: _attention(boxes[place])):
        length += len(links[place])
        if length > MAX_TEXT:
            break
        fitting.add(place)
    return "".join(link for place, link in enumerate(links) if place in fitting)


def _attention(node: Node) -> tuple[bool, int]:
    """Rank of a node's link: parts come last, and of these the healthy ones."""
    return node.shape == "part", -node.status.rank


def _click(node: Node, base_url: str, asset_keys: Mapping[str, str]) -> str:
    process = node.key[0]
    part = f"{process}/{node.key[1]}" if node.key[2:] == ("part",) else ""
    url = asset_url(base_url, part or asset_keys.get(process, process), node.check)
    return f'  click {_id(node.key)} href "{url}"'
