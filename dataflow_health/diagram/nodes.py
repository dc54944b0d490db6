"""Nodes and arrows of a report's diagram, independent of Mermaid syntax.

Failing checks are separate nodes; the other checks of a process are folded into one count.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from dataflow_health.health.check import UNDECLARED
from dataflow_health.health.observation import Counts
from dataflow_health.health.report import CheckHealth, HealthReport, PartHealth, ProcessHealth
from dataflow_health.health.status import ORDER, Status, worst

Shape = Literal["process", "external", "check", "part"]
ArrowKind = Literal["data", "blocked", "check", "part"]


@dataclass(frozen=True, slots=True)
class Node:
    """One box of the diagram.

    Attributes:
        key: Identity: the process, then the check or part, if any.
        shape: Kind of box.
        status: Status, which selects the colour.
        lines: Text, the first line in bold.
        tooltip: Text shown on hover.
        group: Group of processes that the box is drawn in.
        check: Name of the check that the box links to; empty for the page of the process.
    """

    key: tuple[str, ...]
    shape: Shape
    status: Status
    lines: tuple[str, ...]
    tooltip: str = ""
    group: str = ""
    check: str = ""


@dataclass(frozen=True, slots=True)
class Arrow:
    """An arrow from one box to another, by their keys."""

    tail: tuple[str, ...]
    head: tuple[str, ...]
    kind: ArrowKind


@dataclass(frozen=True, slots=True)
class Folding:
    """Draw everything separately if ``expand``, else up to ``fold_above`` parts of a process."""

    expand: bool = False
    fold_above: int = 4


def build_nodes(report: HealthReport, folding: Folding) -> Iterator[Node]:
    """Builds every box: each process, followed by its checks and parts."""
    for process in report.processes:
        yield _process_node(process, report.at)
        yield from _check_nodes(process, folding)
        yield from _part_nodes(process, folding)


def build_arrows(report: HealthReport, boxes: Iterable[Node], folding: Folding) -> Iterator[Arrow]:
    """Builds every arrow: data first, then each process's checks and parts.

    Unless expanded, an external process has arrows only to the first processes that depend on it:
    later ones depend on it indirectly, and the arrows of a shared disk would hide the data flow.
    """
    by_name = {process.name: process for process in report.processes}
    flows = [(by_name[name], p) for p in report.processes for name in p.after if name in by_name]
    for upstream, downstream in flows:
        if folding.expand or not (upstream.external and _is_implied(upstream, downstream, by_name)):
            kind: ArrowKind = "blocked" if _blocks(upstream, downstream) else "data"
            yield Arrow((upstream.name,), (downstream.name,), kind)
    for node in boxes:
        process = (node.key[0],)
        if node.shape == "part":
            yield Arrow(process, node.key, "part")
        if node.shape == "check":
            yield Arrow(process, node.key, "check")
            if not by_name[process[0]].external:
                following = [b.name for a, b in flows if a.name == process[0]]
                yield from (Arrow(node.key, (name,), "check") for name in following)


def format_status_counts(statuses: Iterable[Status]) -> str:
    """Formats the number of each status, worst first: ``1 FAILED, 2 BLOCKED, 10 HEALTHY``."""
    counts = Counter(statuses)
    return ", ".join(f"{counts[s]} {s}" for s in reversed(ORDER) if s in counts)


def format_time(at: datetime, *, today: datetime | None = None) -> str:
    """Formats a UTC time to the minute; without the date if it is the date of ``today``."""
    same_day = today is not None and at.date() == today.date()
    return at.strftime("%H:%MZ" if same_day else "%Y-%m-%d %H:%MZ")


def format_counts(counts: Counts) -> str:
    """Formats counts: ``12 in, 10 done, 2 quarantined``; other counts of 0 are omitted."""
    others = (
        (counts.in_flight, "in flight"),
        (counts.quarantined, "quarantined"),
        (counts.duplicate, "duplicate"),
        (counts.written_off, "written off"),
        (counts.unaccounted, "unaccounted for"),
    )
    more = [f"{number} {word}" for number, word in others if number]
    return ", ".join([f"{counts.incoming} in", f"{counts.done} done", *more])


def _process_node(process: ProcessHealth, now: datetime) -> Node:
    since = f" since {format_time(process.since, today=now)}" if process.since else ""
    lines = [f"{process.status.symbol} {process.name}", f"{process.status}{since}"]
    if process.counts:
        lines.append(format_counts(process.counts))
    if process.status not in (Status.HEALTHY, Status.RUNNING):  # the counts say enough
        lines.append(process.reason)
    return Node(
        (process.name,),
        "external" if process.external else "process",
        process.status,
        tuple(lines),
        f"{process.describes} {process.status}: {process.reason}",
        process.group,
    )


def _check_nodes(process: ProcessHealth, folding: Folding) -> Iterator[Node]:
    separate = [c for c in process.checks if folding.expand or _is_failing(c)]
    yield from (_check_node(process, check) for check in separate)
    folded = [check for check in process.checks if check not in separate]
    if folded:
        statuses = [check.status for check in folded]
        status = worst(statuses)
        passing = _passing(statuses.count(Status.HEALTHY), len(process.checks))
        rest = format_status_counts(s for s in statuses if s is not Status.HEALTHY)
        lines = tuple(filter(None, (f"{status.symbol} {passing}", rest)))
        tooltip = ", ".join(f"{check.name} {check.status}" for check in folded)
        yield Node((process.name, "checks", ""), "check", status, lines, tooltip, process.group)


def _passing(passed: int, all_checks: int) -> str:
    if passed == all_checks:
        return "1 check passes" if passed == 1 else f"{passed} checks pass"
    return f"{passed} of {all_checks} checks pass"


def _check_node(process: ProcessHealth, check: CheckHealth) -> Node:
    lines = (f"{check.status.symbol} {check.name}", f"{check.status}", check.detail)
    return Node(
        (process.name, check.name),
        "check",
        check.status,
        tuple(line for line in lines if line),
        f"{check.describes} {check.status}: {check.detail}",
        process.group,
        "" if check.name in UNDECLARED else check.name,
    )


def _is_failing(check: CheckHealth) -> bool:
    return check.status in (Status.FAILED, Status.WARNING, Status.BLOCKED)


def _part_nodes(process: ProcessHealth, folding: Folding) -> Iterator[Node]:
    if folding.expand or len(process.parts) <= folding.fold_above:
        yield from (_part_node(process, part) for part in process.parts)
        return
    statuses = [part.status for part in process.parts]
    bad = [f"{p.status.symbol} {p.name}" for p in process.parts if p.status is Status.FAILED]
    lines = (f"{len(statuses)} parts", format_status_counts(statuses), *bad[:3])
    tooltip = ", ".join(part.name for part in process.parts)
    key = (process.name, "parts", "")
    yield Node(key, "part", worst(statuses), lines, tooltip, process.group)


def _part_node(process: ProcessHealth, part: PartHealth) -> Node:
    lines = (f"{part.status.symbol} {part.name}", f"{part.status}")
    key = (process.name, part.name, "part")
    tooltip = f"{part.name} {part.status}: {part.detail}"
    return Node(key, "part", part.status, lines, tooltip, process.group)


def _blocks(upstream: ProcessHealth, downstream: ProcessHealth) -> bool:
    return bool({upstream.name, *upstream.blocked_by} & set(downstream.blocked_by))


def _is_implied(
    upstream: ProcessHealth, downstream: ProcessHealth, by_name: Mapping[str, ProcessHealth]
) -> bool:
    """Whether ``downstream`` also depends on ``upstream`` through other processes."""
    pending = [name for name in downstream.after if name != upstream.name]
    visited: set[str] = set()
    while pending:
        name = pending.pop()
        if name == upstream.name:
            return True
        if name not in visited and name in by_name:
            visited.add(name)
            pending.extend(by_name[name].after)
    return False
