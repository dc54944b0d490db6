"""``dataflow-health findings``: findings of all recordings."""

from datetime import datetime
from pathlib import Path

import click
from rich.table import Table

from dataflow_health.cli import terminal
from dataflow_health.cli.backend import backend_options
from dataflow_health.cli.datetime_option import DATETIME
from dataflow_health.cli.options import json_option, limit_option, report_errors
from dataflow_health.cli.records import open_records
from dataflow_health.cli.tail_option import tail_option
from dataflow_health.schemas import FindingEntry, FindingPage

_MAX_WIDTH = 200
"""Columns up to which a table is wider than the terminal: wrapped lines still show every cell."""


@click.command()
@tail_option("Only of this aircraft.")
@click.option("--algorithm", default="", help="Only of this algorithm.")
@click.option(
    "--severity", type=click.Choice(["info", "warning", "alert"]), help="Only of this severity."
)
@click.option(
    "--state",
    type=click.Choice(["new", "confirmed", "dismissed"]),
    help="Only in this state: what a person judged of it.",
)
@click.option("--from", "from_at", type=DATETIME, help="Only from this time on.")
@click.option("--to", "to_at", type=DATETIME, help="Only before this time.")
@click.option("--undated", is_flag=True, help="Only of recordings whose start is unknown.")
@limit_option
@backend_options
@json_option
@report_errors
def command(
    *,
    tail: str | None,
    algorithm: str,
    severity: str | None,
    state: str | None,
    from_at: datetime | None,
    to_at: datetime | None,
    undated: bool,
    limit: int,
    home: Path | None,
    url: str | None,
    as_json: bool,
) -> None:
    """Show findings of all recordings, newest first."""
    page = open_records(home, url).findings(
        tail=tail or "",
        algorithm=algorithm,
        severity=severity or "",
        state=state or "",
        from_at=from_at,
        to_at=to_at,
        undated=undated,
        limit=limit,
    )
    click.echo(page.model_dump_json()) if as_json else _print(page)


def _print(page: FindingPage) -> None:
    console = terminal.console()
    if page.findings:
        table = _table(page)
        widest = console.options.update(width=_MAX_WIDTH)
        console.width = max(console.width, console.measure(table, options=widest).maximum)
        console.print(table)
    shown, more = len(page.findings), "more than " if page.is_capped else ""
    console.print(f"{shown} of {more}{page.total:,} findings.")
    if page.undated:
        console.print(f"{page.undated:,} more have no known time; to see them: --undated")


def _table(page: FindingPage) -> Table:
    table = Table(box=None, padding=(0, 1))
    for name in ("time", "aircraft", "algorithm", "severity"):
        table.add_column(name, no_wrap=True)
    table.add_column("duration", justify="right")
    table.add_column("peak", justify="right")
    for name in ("state", "recording"):
        table.add_column(name, no_wrap=True)
    for each in page.findings:
        table.add_row(*_cells(each))
    return table


def _cells(each: FindingEntry) -> tuple[str, ...]:
    """Cells of a finding; the time is its start, or seconds into a recording without one."""
    time = f"{each.start_at:%Y-%m-%d %H:%M:%S}Z" if each.start_at else f"{each.start_s:.1f} s"
    peak = "" if each.peak is None else f"{each.peak:.4g}"
    duration = f"{each.end_s - each.start_s:.1f} s"
    return (
        *(time, each.tail, each.algorithm, each.severity),
        *(duration, peak, each.state, each.recording[:12]),
    )
