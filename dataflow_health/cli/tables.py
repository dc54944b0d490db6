"""The board: one line a process, red where the cause is."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dataflow_health.health.observation import Evidence
from dataflow_health.health.report import HealthReport, ProcessHealth
from dataflow_health.health.status import Status

STATUS_STYLE = {
    Status.HEALTHY: "green",
    Status.WARNING: "yellow",
    Status.FAILED: "bold red",
    Status.BLOCKED: "magenta",
    Status.RUNNING: "blue",
    Status.STALE: "dim yellow",
    Status.UNKNOWN: "dim",
}


def print_report(
    report: HealthReport, console: Console, *, title: str, red_first: bool = False
) -> None:
    """Prints the board.

    Args:
        report: What to show.
        console: Where to.
        title: Above it.
        red_first: Worst first instead of the pipeline's order.
    """
    table = Table(title=title, title_justify="left", expand=False)
    for name, justify in (("process", "left"), ("status", "left"), ("in", "right")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for name in ("done", "quarantined"):
        table.add_column(name, justify="right")
    table.add_column("why", overflow="fold")
    for each in _ordered(report, red_first):
        table.add_row(*_cells(each))
    console.print(table)


def _ordered(report: HealthReport, red_first: bool) -> Sequence[ProcessHealth]:
    if not red_first:
        return report.processes
    return sorted(report.processes, key=lambda each: -each.status.rank)


def _cells(each: ProcessHealth) -> tuple[Text | str, ...]:
    status = Text(f"{each.status.symbol} {each.status.value}", style=STATUS_STYLE[each.status])
    counts = each.counts
    numbers = ("", "", "")
    if counts is not None:
        numbers = (str(counts.incoming), str(counts.done), str(counts.quarantined))
    return (each.name, status, *numbers, "\n".join([each.reason, *map(_where, each.evidence[:3])]))


def _where(item: Evidence) -> str:
    """Aircraft, file and byte of one piece of evidence."""
    place = " ".join(filter(None, (item.tail, item.archive, item.member)))
    byte = f" byte {item.byte_offset}" if item.byte_offset is not None else ""
    return f"- {place}{byte}: {item.found or item.reason}"
