"""``dataflow-health ledger``: input and output counts of every stage."""

import click
from rich.table import Table
from rich.text import Text

from dataflow_health import wiring
from dataflow_health.cli import terminal
from dataflow_health.cli.options import json_option, load_settings, report_errors
from dataflow_health.operations import recordings
from dataflow_health.schemas import LedgerBalance

COLUMNS = ("in", "done", "quarantined", "written off", "in flight", "duplicate", "unaccounted")


@click.command()
@click.option("--day", help="Arrival day, such as 2026-11-20. Default: all days together.")
@json_option
@report_errors
def command(day: str | None, as_json: bool) -> None:
    """Show input and output counts of every stage, and whether they balance.

    Exit code 0 when they balance, 1 when an archive or recording is unaccounted for.
    """
    deps = wiring.dependencies(load_settings())
    balance = recordings.ledger_balance(deps.engine, deps.clock(), day)
    if as_json:
        click.echo(balance.model_dump_json())
    else:
        _print(balance)
    raise SystemExit(0 if balance.is_balanced else 1)


def _print(balance: LedgerBalance) -> None:
    table = Table(title="Ledger", title_justify="left")
    table.add_column("stage")
    for name in COLUMNS:
        table.add_column(name, justify="right")
    for stage in balance.stages:
        counts = (
            stage.incoming,
            stage.done,
            stage.quarantined,
            stage.written_off,
            stage.in_flight,
            stage.duplicate,
            stage.unaccounted,
        )
        table.add_row(stage.stage, *map(str, counts))
    console = terminal.console()
    console.print(table)
    result = (
        "The counts balance."
        if balance.is_balanced
        else Text("The counts do NOT balance: see the column unaccounted.", "bold red")
    )
    units = "download and extract count archives, the other stages recordings"
    console.print(result, f"({units})")
