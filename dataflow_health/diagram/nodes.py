"""What a drawing of a report shows, before any syntax: nodes and arrows.

Failing checks stand on their own; the others of a process are folded into one count.
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
ArrowKind = Literal["data", "held", "check", "part"]


@dataclass(frozen=True, slots=True)
class Node:
    """One box.

    Attributes:
        key: What it stands for: the process, then the check or part, if any.
        shape: What sort of box.
        status: Its colour.
        lines: Its words, the first the loudest.
        tooltip: More words.
        group: Frame it stands in.
        check: Name of the check it links to, empty for the process's own page.
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
    """From one box to another, by their keys."""

    tail: tuple[str, ...]
    head: tuple[str, ...]
    kind: ArrowKind


@dataclass(frozen=True, slots=True)
class Folding:
    """What is shown one by one: everything if ``expand``, else parts up to ``fold_above``."""

    expand: bool = False
    fold_above: int = 4


def nodes(report: HealthReport, folding: Folding) -> Iterator[Node]:
    """Every box: each process, followed by its checks and parts."""
    for process in report.processes:
        yield _process_node(process, report.at)
        yield from _check_nodes(process, folding)
        yield from _part_nodes(process, folding)


def arrows(report: HealthReport, drawn: Iterable[Node], folding: Folding) -> Iterator[Arrow]:
    """Every arrow: data first, then each process's checks and parts.

    Unless all is expanded, an external process points only to the first that needs it: what comes
    after that waits for both anyway, and the lines of a shared disk would hide the flow.
    """
    known = {process.name: process for process in report.processes}
    flows = [(known[above], p) for p in report.processes for above in p.after if above in known]
    for above, below in flows:
        if folding.expand or not (above.external and _is_implied(above, below, known)):
            kind: ArrowKind = "held" if _holds_up(above, below) else "data"
            yield Arrow((above.name,), (below.name,), kind)
    for node in drawn:
        own = (node.key[0],)
        if node.shape == "part":
            yield Arrow(own, node.key, "part")
        if node.shape == "check":
            yield Arrow(own, node.key, "check")
            after = [] if known[own[0]].external else [b.name for a, b in flows if a.name == own[0]]
            yield from (Arrow(node.key, (name,), "check") for name in after)


def counted(statuses: Iterable[Status]) -> str:
    """How many of each, worst first: ``1 FAILED, 2 BLOCKED, 10 HEALTHY``."""
    counts = Counter(statuses)
    return ", ".join(f"{counts[s]} {s}" for s in reversed(ORDER) if s in counts)


def moment(at: datetime, *, beside: datetime | None = None) -> str:
    """An instant to the minute; without its date if that is the date of ``beside``."""
    same_day = beside is not None and at.date() == beside.date()
    return at.strftime("%H:%MZ" if same_day else "%Y-%m-%d %H:%MZ")


def told(counts: Counts) -> str:
    """Counts in words: ``12 in, 10 done, 2 quarantined``; what is 0 is left out."""
    rest = (
        (counts.in_flight, "in flight"),
        (counts.quarantined, "quarantined"),
        (counts.duplicate, "duplicate"),
        (counts.written_off, "written off"),
        (counts.unaccounted, "unaccounted for"),
    )
    more = [f"{number} {word}" for number, word in rest if number]
    return ", ".join([f"{counts.incoming} in", f"{counts.done} done", *more])


def _process_node(process: ProcessHealth, now: datetime) -> Node:
    since = f" since {moment(process.since, beside=now)}" if process.since else ""
    lines = [f"{process.status.symbol} {process.name}", f"{process.status}{since}"]
    if process.counts:
        lines.append(told(process.counts))
    if process.status not in (Status.HEALTHY, Status.RUNNING):  # their counts say it all
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
    alone = [c for c in process.checks if folding.expand or _is_loud(c)]
    yield from (_check_node(process, check) for check in alone)
    folded = [check for check in process.checks if check not in alone]
    if folded:
        statuses = [check.status for check in folded]
        status = worst(statuses)
        words = _passing(statuses.count(Status.HEALTHY), len(process.checks))
        rest = counted(each for each in statuses if each is not Status.HEALTHY)
        lines = (f"{status.symbol} {words}", rest) if rest else (f"{status.symbol} {words}",)
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


def _is_loud(check: CheckHealth) -> bool:
    return check.status in (Status.FAILED, Status.WARNING, Status.BLOCKED)


def _part_nodes(process: ProcessHealth, folding: Folding) -> Iterator[Node]:
    if folding.expand or len(process.parts) <= folding.fold_above:
        yield from (_part_node(process, part) for part in process.parts)
        return
    statuses = [part.status for part in process.parts]
    bad = [f"{p.status.symbol} {p.name}" for p in process.parts if p.status is Status.FAILED]
    lines = (f"{len(statuses)} parts", counted(statuses), *bad[:3])
    tooltip = ", ".join(part.name for part in process.parts)
    key = (process.name, "parts", "")
    yield Node(key, "part", worst(statuses), lines, tooltip, process.group)


def _part_node(process: ProcessHealth, part: PartHealth) -> Node:
    lines = (f"{part.status.symbol} {part.name}", f"{part.status}")
    key = (process.name, part.name, "part")
    tooltip = f"{part.name} {part.status}: {part.detail}"
    return Node(key, "part", part.status, lines, tooltip, process.group)


def _holds_up(above: ProcessHealth, below: ProcessHealth) -> bool:
    return bool({above.name, *above.blocked_by} & set(below.blocked_by))


def _is_implied(
    above: ProcessHealth, below: ProcessHealth, known: Mapping[str, ProcessHealth]
) -> bool:
    """Whether there is a longer way from one to the other."""
    ahead = [name for name in below.after if name != above.name]
    seen: set[str] = set()
    while ahead:
        name = ahead.pop()
        if name == above.name:
            return True
        if name not in seen and name in known:
            seen.add(name)
            ahead.extend(known[name].after)
    return False
