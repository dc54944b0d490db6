"""``dataflow-health status``: one line a process, worst first, why and since when."""

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from dataflow_health.cli.backend import LocalBackend, backend_options, open_backend
from dataflow_health.cli.datetime_option import DATETIME
from dataflow_health.cli.options import EXIT_UNKNOWN, report_errors
from dataflow_health.cli.tables import STATUS_STYLE
from dataflow_health.diagram.nodes import format_status_counts
from dataflow_health.errors import DataflowHealthError
from dataflow_health.health.duration import format_duration
from dataflow_health.health.report import HealthReport, ProcessHealth
from dataflow_health.health.status import Status
from dataflow_health.schemas import HealthStatus

OLD_S = 10.0
"""A board that could not be renewed for this long is said to be old."""


@click.command()
@backend_options
@click.option("--watch", is_flag=True, help="Show it anew until interrupted.")
@click.option("--interval", default=2.0, show_default=True, help="Seconds between, with --watch.")
@click.option("--probe", is_flag=True, help="Ask every live check now, before answering.")
@click.option("--at", type=DATETIME, help="As it was then, as 2026-11-20T03:00Z.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
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
    """The board: one line a process, worst first, with the reason and since when.

    Exit code 0 when all is well or only warns, 1 when something is FAILED or BLOCKED, 2 when
    something is not known, or too old to be believed.
    """
    asked = open_backend(home, url)

    def ask() -> HealthStatus:
        if probe:
            if not isinstance(asked, LocalBackend):
                raise click.UsageError("--probe asks from here; the API at --url asks by itself")
            asked.probe()
        return asked.status(at)

    if watch:
        _follow(ask, interval)
        return
    board = ask()
    if as_json:
        click.echo(board.model_dump_json())
    else:
        Console().print(status_table(board))
    raise SystemExit(exit_code(board))


def exit_code(report: HealthReport) -> int:
    """0 well, 1 something is red or waits for it, 2 something is not known."""
    statuses = {each.status for each in report.processes}
    if statuses & {Status.FAILED, Status.BLOCKED}:
        return 1
    return EXIT_UNKNOWN if not statuses or statuses & {Status.UNKNOWN, Status.STALE} else 0


def status_table(board: HealthStatus) -> Group:
    """The board as a terminal shows it."""
    table = Table.grid(padding=(0, 2), expand=True)
    for name in ("status", "process", "since", "counts"):
        table.add_column(name, no_wrap=True)
    table.add_column("why", no_wrap=True, overflow="ellipsis", ratio=1)
    for each in sorted(board.processes, key=lambda each: -each.status.rank):
        table.add_row(*_cells(each, board.at))
    heading = Text(f"{board.at:%Y-%m-%d %H:%M:%SZ}  ", style="dim")
    heading.append(f"{board.status.symbol} {board.status}", style=STATUS_STYLE[board.status])
    heading.append(
        f"  {format_status_counts(each.status for each in board.processes)}", style="default"
    )
    faults = (
        [Text(f"the ledger does not answer: {board.ledger_error}", "red")]
        if board.ledger_error
        else []
    )
    faults += [Text(f"declared wrongly, not taken: {each}", "red") for each in board.config_errors]
    return Group(heading, *faults, table)


def _cells(each: ProcessHealth, now: datetime) -> tuple[Text, ...]:
    style = STATUS_STYLE[each.status]
    since = format_duration(now - each.since) if each.since else ""
    counts = f"{each.counts.done}/{each.counts.incoming}" if each.counts else ""
    return (
        Text(f"{each.status.symbol} {each.status}", style),
        Text(each.name, "bold" if each.status is Status.FAILED else ""),
        Text(since, "dim"),
        Text(counts, "dim"),
        Text(each.reason),
    )


def _follow(ask: Callable[[], HealthStatus], interval_s: float) -> None:
    """Shows it anew; while nothing answers, the last one with its age."""
    from rich.live import Live

    board, failure, renewed_s = None, "", time.monotonic()
    with Live(screen=True, auto_refresh=False) as live:
        try:
            while True:
                try:
                    board, failure, renewed_s = ask(), "", time.monotonic()
                except DataflowHealthError as error:
                    failure = str(error)
                live.update(_with_age(board, failure, time.monotonic() - renewed_s), refresh=True)
                time.sleep(interval_s)
        except KeyboardInterrupt:
            return


def _with_age(board: HealthStatus | None, failure: str, age_s: float) -> Group:
    lines = [Text(failure, "red")] if failure else []
    if board is not None and age_s > OLD_S:
        lines.append(Text(f"DATA IS OLD: what stands here is {age_s:.0f} s old", "bold red"))
    return Group(*lines, *([status_table(board)] if board else []))
