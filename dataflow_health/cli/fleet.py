"""``dataflow-health fleet``: aircraft by stage, worst first."""

from datetime import datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dataflow_health.cli.backend import backend_options, open_backend
from dataflow_health.cli.options import report_errors
from dataflow_health.cli.tables import STATUS_STYLE
from dataflow_health.health.duration import format_duration
from dataflow_health.health.status import Status
from dataflow_health.operations.fleet import DEFAULT_DAYS
from dataflow_health.schemas import AircraftHealth, AircraftStage, FleetHealth


@click.command()
@backend_options
@click.option(
    "--days",
    type=click.IntRange(1, 3660),
    default=DEFAULT_DAYS,
    show_default=True,
    help="Of arrivals, today among them; what is not done is always shown.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@report_errors
def command(*, home: Path | None, url: str | None, days: int, as_json: bool) -> None:
    """Every aircraft at every stage: how it is, and how many recordings are done there.

    Exit code 0 when no aircraft is red, 1 when one is.
    """
    fleet = open_backend(home, url).fleet_health(days)
    if as_json:
        click.echo(fleet.model_dump_json())
    else:
        Console().print(fleet_table(fleet))
    raise SystemExit(int(any(each.status is Status.FAILED for each in fleet.aircraft)))


def fleet_table(fleet: FleetHealth) -> Table:
    """The fleet as a terminal shows it."""
    title = f"{len(fleet.aircraft)} aircraft, arrivals since {fleet.since_day}"
    table = Table(title=title, title_justify="left", box=None, padding=(0, 1))
    table.add_column("aircraft", no_wrap=True)
    shown = _reached(fleet)
    for stage in shown:
        table.add_column(stage, justify="right", no_wrap=True)
    table.add_column("heard", no_wrap=True)
    for each in fleet.aircraft:
        cells = [_cell(cell) for cell in each.stages if cell.stage in shown]
        table.add_row(_name(each), *cells, Text(_heard(each, fleet.at), "dim"))
    return table


def _reached(fleet: FleetHealth) -> list[str]:
    """Stages that have something to show; archives name an aircraft only when they are refused."""
    reached = {c.stage for a in fleet.aircraft for c in a.stages if c.status is not Status.UNKNOWN}
    return [stage for stage in fleet.stages if stage in reached]


def _heard(each: AircraftHealth, now: datetime) -> str:
    return f"{format_duration(now - each.last_arrived_at)} ago" if each.last_arrived_at else ""


def _name(each: AircraftHealth) -> Text:
    return Text(f"{each.status.symbol} {each.tail or '(not told)'}", STATUS_STYLE[each.status])


def _cell(cell: AircraftStage) -> Text:
    """Done, and beside it what is refused or under way."""
    if cell.status is Status.UNKNOWN:
        return Text("")
    refused = f" {cell.status.symbol}{cell.quarantined}" if cell.quarantined else ""
    moving = f" »{cell.in_flight}" if cell.in_flight else ""
    return Text(f"{cell.done}{refused}{moving}", STATUS_STYLE[cell.status])
