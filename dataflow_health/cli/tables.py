"""Table of a health report, and the terminal style of every status."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dataflow_health.health.observation import Evidence
from dataflow_health.health.report import HealthReport, ProcessHealth
from dataflow_health.health.status import Status

MAX_EVIDENCE = 3
"""Pieces of evidence shown per process."""

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
    report: HealthReport, console: Console, *, title: str, worst_first: bool = False
) -> None:
    """Prints a report as a table, one row per process.

    Args:
        report: Health report.
        console: Terminal to print to.
        title: Title of the table.
        worst_first: Sort by status, worst first, instead of pipeline order.
    """
    table = Table(title=title, title_justify="left", expand=False)
    for name, justify in (("process", "left"), ("status", "left"), ("in", "right")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for name in ("done", "quarantined"):
        table.add_column(name, justify="right")
    table.add_column("reason", overflow="fold")
    for process in _sort(report, worst_first):
        table.add_row(*_cells(process))
    console.print(table)


def _sort(report: HealthReport, worst_first: bool) -> Sequence[ProcessHealth]:
    if not worst_first:
        return report.processes
    return sorted(report.processes, key=lambda process: -process.status.rank)


def _cells(process: ProcessHealth) -> tuple[Text | str, ...]:
    status = Text(
        f"{process.status.symbol} {process.status.value}", style=STATUS_STYLE[process.status]
    )
    counts = process.counts
    numbers = ("", "", "")
    if counts is not None:
        numbers = (str(counts.incoming), str(counts.done), str(counts.quarantined))
    evidence = map(_format_evidence, process.evidence[:MAX_EVIDENCE])
    return (process.name, status, *numbers, "\n".join([process.reason, *evidence]))


def _format_evidence(evidence: Evidence) -> str:
    """Aircraft, file and byte of one piece of evidence, in one line."""
    place = " ".join(filter(None, (evidence.tail, evidence.archive, evidence.member)))
    byte = f" byte {evidence.byte_offset}" if evidence.byte_offset is not None else ""
    return f"- {place}{byte}: {evidence.found or evidence.reason}"
