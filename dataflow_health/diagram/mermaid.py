"""A health report as a Mermaid flowchart: the same report, the same text, byte for byte.

Solid arrows are data, ending in a cross where it is held up; dotted arrows are checks, whose
hexagons stand between a stage and the next. Colour never stands alone: symbol and word are beside
it, and what is not on the newest data is dashed.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from dataflow_health.diagram.escape import asset_url, label, node_id, plain
from dataflow_health.diagram.nodes import Arrow, Folding, Node, arrows, counted, nodes
from dataflow_health.health.report import HealthReport
from dataflow_health.health.status import ORDER, Status

FOLD_ABOVE = 4
"""More parts of one process than this are drawn as one node."""

OLD = timedelta(minutes=1)
"""A report older than this is said to be old in the title."""


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
        title: Stands above, before time and status.
        expand: Shows every check and every part on its own.
        fold_above: More parts of a process than this become one node.
        base_url: Of Dagster's UI, for links; None for no links.
        asset_keys: Path of the asset key by process, where it is not the process's name. A part's
            is ``process/part``.
        direction: ``TB`` downwards or ``LR`` to the right.
        now: The moment of drawing; an older report is said to be old.

    Raises:
        ValueError: ``base_url`` is no http or https URL, or ``direction`` is unknown.
    """
    if direction not in ("TB", "LR"):
        raise ValueError(f"direction {direction!r} is unknown, allowed: TB, LR")
    folding = Folding(expand, fold_above)
    drawn = tuple(nodes(report, folding))
    heading = _heading(report, title, now or report.at)
    lines = [
        "---",
        f"title: {json.dumps(plain(heading), ensure_ascii=False)}",
        "---",
        f"flowchart {direction}",
        f"  accTitle: {plain(heading)}",
        f"  accDescr: {plain(_described(report))}",
        *_framed(drawn),
        *(_arrow(each) for each in arrows(report, drawn, folding)),
        *(_class(status) for status in ORDER),
        *_coloured(drawn),
    ]
    if base_url is not None:
        lines += [_click(node, base_url, asset_keys or {}) for node in drawn]
    return "\n".join(lines) + "\n"


def _heading(report: HealthReport, title: str, now: datetime) -> str:
    at = report.at.strftime("%Y-%m-%d %H:%M:%SZ")
    age = now - report.at
    old = f" ({int(age / timedelta(minutes=1))} min old)" if age > OLD else ""
    return f"{title} at {at}{old}: {report.status}"


def _described(report: HealthReport) -> str:
    causes = "; ".join(f"{each.name}: {each.reason}" for each in report.causes)
    return f"{counted(p.status for p in report.processes)}. {causes or 'Nothing is FAILED'}."


def _framed(drawn: Sequence[Node]) -> Iterator[str]:
    """Nodes inside their group's frame, groups as they first come."""
    for group in dict.fromkeys(node.group for node in drawn):
        inside = (_node(node) for node in drawn if node.group == group)
        if not group:
            yield from inside
            continue
        yield f'  subgraph {node_id("g", group)}["{label(group)}"]'
        yield from (f"  {line}" for line in inside)
        yield "  end"


_SHAPES = {
    "process": ('["', '"]'),
    "external": ('[["', '"]]'),
    "check": ('{{"', '"}}'),
    "part": ('(["', '"])'),
}
_ARROWS = {"data": "-->", "held": "--x", "check": "-.->", "part": "---"}


def _node(node: Node) -> str:
    opening, closing = _SHAPES[node.shape]
    first, *rest = (label(each) for each in node.lines if each)
    return f"  {_id(node.key)}{opening}{'<br/>'.join([f'<b>{first}</b>', *rest])}{closing}"


def _arrow(arrow: Arrow) -> str:
    return f"  {_id(arrow.tail)} {_ARROWS[arrow.kind]} {_id(arrow.head)}"


def _id(key: tuple[str, ...]) -> str:
    """``p_`` a process, ``c_`` a check, ``a_`` a part, ``n_`` a folded count."""
    if len(key) == 3:
        return node_id("n", *key[:2]) if not key[2] else node_id("a", *key[:2])
    return node_id("p" if len(key) == 1 else "c", *key)


def _class(status: Status) -> str:
    style = [f"fill:{status.colour}", f"color:{status.ink}", "stroke:#24292f"]
    if status is Status.FAILED:
        style += ["stroke-width:4px"]
    if status in (Status.STALE, Status.UNKNOWN):
        style += ["stroke-width:2px", "stroke-dasharray:6 4"]
    return f"  classDef {status.lower()} {','.join(style)}"


def _coloured(drawn: Iterable[Node]) -> Iterator[str]:
    drawn = tuple(drawn)
    for status in ORDER:
        ids = [_id(node.key) for node in drawn if node.status is status]
        if ids:
            yield f"  class {','.join(ids)} {status.lower()}"


def _click(node: Node, base_url: str, asset_keys: Mapping[str, str]) -> str:
    process = node.key[0]
    own = f"{process}/{node.key[1]}" if node.key[2:] == ("part",) else ""
    url = asset_url(base_url, own or asset_keys.get(process, process), node.check)
    return f'  click {_id(node.key)} href "{url}" "{plain(node.tooltip)}" _blank'
