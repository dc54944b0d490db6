"""``dataflow-health status``: status of every process, worst first."""

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click
from rich.console import Group
from rich.table import Table
from rich.text import Text

from dataflow_health.cli import terminal
from dataflow_health.cli.backend import LocalBackend, backend_options, open_backend
from dataflow_health.cli.datetime_option import DATETIME
from dataflow_health.cli.options import EXIT_UNKNOWN, json_option, report_errors
from dataflow_health.cli.tables import STATUS_STYLE
from dataflow_health.diagram.nodes import format_status_counts
from dataflow_health.errors import DataflowHealthError
from dataflow_health.health.duration import format_duration
from dataflow_health.health.report import HealthReport, ProcessHealth
from dataflow_health.health.status import Status
from dataflow_health.schemas import HealthStatus

MAX_AGE_S = 10.0
"""Age from which a status that cannot be refreshed is marked as old."""


@click.command()
@backend_options
@click.option("--watch", is_flag=True, help="Refresh until interrupted.")
@click.option(
    "--interval", default=2.0, show_default=True, help="Seconds between refreshes, with --watch."
)
@click.option("--probe", is_flag=True, help="Run every live check first.")
@click.option("--at", type=DATETIME, help="Time in the past, such as 2026-11-20T03:00Z.")
@json_option
@report_errors
def command(
    *,
    home: Path | None,
    url: str | None,
    watch: bool,
    interval: float,
    probe: bool,
    at: datetime | None,
    as_json: bool,
) -> None:
    """Show one line per process, worst first: status, since, counts and reason.

    Exit code 0 when all processes are healthy or have warnings, 1 when one is FAILED or BLOCKED, 2
    when the status of one is unknown or stale.
    """
    backend = open_backend(home, url)

    def read_status() -> HealthStatus:
        if probe:
            if not isinstance(backend, LocalBackend):
                message = "--probe cannot be combined with --url: the API runs its own checks"
                raise click.UsageError(message)
            backend.probe()
        return backend.status(at)

    if watch:
        _watch(read_status, interval)
        return
    status = read_status()
    if as_json:
        click.echo(status.model_dump_json())
    else:
        terminal.console().print(status_table(status))
    raise SystemExit(exit_code(status))


def exit_code(report: HealthReport) -> int:
    """Exit code: 0 healthy, 1 a process is FAILED or BLOCKED, 2 a status is unknown or stale."""
    statuses = {process.status for process in report.processes}
    if statuses & {Status.FAILED, Status.BLOCKED}:
        return 1
    return EXIT_UNKNOWN if not statuses or statuses & {Status.UNKNOWN, Status.STALE} else 0


def status_table(status: HealthStatus) -> Group:
    """Heading, errors, and a table with one row per process, worst first."""
    table = Table.grid(padding=(0, 2), expand=True)
    for name in ("status", "process", "since", "counts"):
        table.add_column(name, no_wrap=True)
    table.add_column("reason", no_wrap=True, overflow="ellipsis", ratio=1)
    for process in sorted(status.processes, key=lambda each: -each.status.rank):
        table.add_row(*_cells(process, status.at))
    heading = Text(f"{status.at:%Y-%m-%d %H:%M:%SZ}  ", style="dim")
    heading.append(f"{status.status.symbol} {status.status}", style=STATUS_STYLE[status.status])
    counts = format_status_counts(process.status for process in status.processes)
    heading.append(f"  {counts}", style="default")
    errors = [f"Invalid configuration, not used: {error}" for error in status.config_errors]
    if status.ledger_error:
        errors.insert(0, f"The ledger is unreachable: {status.ledger_error}")
    return Group(heading, *(Text(error, "red") for error in errors), table)


def _cells(process: ProcessHealth, now: datetime) -> tuple[Text, ...]:
    since = format_duration(now - process.since) if process.since else ""
    counts = f"{process.counts.done}/{process.counts.incoming}" if process.counts else ""
    return (
        Text(f"{process.status.symbol} {process.status}", STATUS_STYLE[process.status]),
        Text(process.name, "bold" if process.status is Status.FAILED else ""),
        Text(since, "dim"),
        Text(counts, "dim"),
        Text(process.reason),
    )


def _watch(read_status: Callable[[], HealthStatus], interval_s: float) -> None:
    """Refreshes the table; while the status cannot be read, shows the last one with its age."""
    from rich.live import Live

    status, error_message, refreshed_s = None, "", time.monotonic()
    with Live(screen=True, auto_refresh=False) as live:
        try:
            while True:
                try:
                    status, error_message = read_status(), ""
                    refreshed_s = time.monotonic()
                except DataflowHealthError as error:
                    error_message = str(error)
                age_s = time.monotonic() - refreshed_s
                live.update(_with_age(status, error_message, age_s), refresh=True)
                time.sleep(interval_s)
        except KeyboardInterrupt:
            return


def _with_age(status: HealthStatus | None, error_message: str, age_s: float) -> Group:
    lines = [Text(error_message, "red")] if error_message else []
    if status is not None and age_s > MAX_AGE_S:
        lines.append(Text(f"OLD DATA: last refreshed {age_s:.0f} s ago", "bold red"))
    return Group(*lines, *([status_table(status)] if status else []))
