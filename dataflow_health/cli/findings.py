"""``dataflow-health findings``: findings of all recordings."""

from pathlib import Path
from typing import Unpack

import click
from rich.table import Table

from dataflow_health.cli import terminal
from dataflow_health.cli.backend import backend_options
from dataflow_health.cli.finding_options import FindingOptions, finding_options, given
from dataflow_health.cli.options import json_option, limit_option, report_errors
from dataflow_health.cli.records import open_records
from dataflow_health.cli.tail_option import tail_option
from dataflow_health.schemas import FindingEntry, FindingPage, FindingTrend

_MAX_WIDTH = 200
"""Columns up to which a table is wider than the terminal: wrapped lines still show every cell."""


@click.command()
@tail_option("Only of this aircraft.")
@finding_options
@click.option(
    "--trend",
    type=click.Choice(["algorithm", "aircraft"]),
    help="Show findings by month and per 100 flight hours instead, of each of these.",
)
@limit_option
@backend_options
@json_option
@report_errors
def command(
    *,
    tail: str | None,
    trend: str | None,
    limit: int,
    home: Path | None,
    url: str | None,
    as_json: bool,
    **filters: Unpack[FindingOptions],
) -> None:
    """Show findings of all recordings, newest first; with --trend, their number by month."""
    records = open_records(home, url)
    if trend:
        _refuse_with_trend(filters)
        found = records.finding_trend(
            from_at=filters["from_at"],
            to_at=filters["to_at"],
            by="tail" if trend == "aircraft" else "algorithm",
            tail=tail or "",
            algorithm=filters["algorithm"],
            severity=filters["severity"] or "",
        )
        click.echo(found.model_dump_json()) if as_json else _print_trend(found)
        return
    page = records.findings(tail=tail or "", limit=limit, **given(filters))
    click.echo(page.model_dump_json()) if as_json else _print(page)


def _refuse_with_trend(filters: FindingOptions) -> None:
    if filters["state"] or filters["undated"]:
        raise click.UsageError("leave out --state and --undated with --trend: it counts all states")


def _print_trend(found: FindingTrend) -> None:
    table = Table(box=None, padding=(0, 1))
    table.add_column("month", no_wrap=True)
    table.add_column("aircraft" if found.by == "tail" else found.by, no_wrap=True)
    for name in ("findings", "dismissed", "flights", "flown h", "per 100 h"):
        table.add_column(name, justify="right")
    for line in found.lines:
        for each in filter(lambda point: point.findings, line.points):
            rate = "" if each.per_100_h is None else f"{each.per_100_h:.2f}"
            numbers = (each.findings, each.dismissed, each.flights, f"{each.flown_h:.1f}", rate)
            table.add_row(each.month, line.name, *map(str, numbers))
    console = terminal.console()
    if found.lines:
        console.print(table)
    total = sum(point.findings for line in found.lines for point in line.points)
    flown_h = sum(each.flown_h for each in found.flown)
    months = f"{found.months[0]} to {found.months[-1]}"
    console.print(f"{total:,} findings in {flown_h:,.1f} flight hours, {months}.")
    if found.names > len(found.lines):
        console.print(f"{found.names - len(found.lines):,} more have fewer findings.")


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
