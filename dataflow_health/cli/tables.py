"""Table of the stages, one line for each problem, and the terminal style of every status."""

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from rich.table import Table
from rich.text import Text

from dataflow_health.health.observation import Counts, Evidence
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
COUNT_COLUMNS = ("in", "done", "duplicate", "quarantined", "waiting")


def stage_table(report: HealthReport) -> Table:
    """Status and counts of every process, in pipeline order; fits into 80 columns."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("status", "stage"):
        table.add_column(name, no_wrap=True)
    for name in COUNT_COLUMNS:
        table.add_column(name, no_wrap=True, justify="right")
    for process in report.processes:
        table.add_row(_status(process), process.name, *_numbers(process.counts))
    return table


def problem_lines(report: HealthReport) -> Iterator[Text]:
    """One line for each process that is not healthy, worst first: its name and the cause.

    A line may be longer than the terminal is wide; what matters most stands first.
    """
    for process in sorted(report.processes, key=lambda each: -each.status.rank):
        if process.status is not Status.HEALTHY:
            symbol = Text(f"{process.status.symbol} ", STATUS_STYLE[process.status])
            yield symbol.append(f"{process.name}: {_cause(process)}", "default")


def _status(process: ProcessHealth) -> Text:
    return Text(f"{process.status.symbol} {process.status}", STATUS_STYLE[process.status])


def _numbers(counts: Counts | None) -> Iterable[str]:
    if counts is None:
        return ("",) * len(COUNT_COLUMNS)
    numbers = (counts.incoming, counts.done, counts.duplicate, counts.quarantined, counts.in_flight)
    return map(str, numbers)


def _cause(process: ProcessHealth) -> str:
    """The first item that was refused with its reason, or the reason for the status."""
    refused = next((each for each in process.evidence if each.reason), None)
    return process.reason if refused is None else _refusal(refused)


def _refusal(evidence: Evidence) -> str:
    file = PurePosixPath(evidence.member or evidence.archive).name or evidence.tail
    words = ": ".join(filter(None, (file, evidence.reason.replace("_", " "))))
    return f"{words} ({evidence.found})" if evidence.found else words
