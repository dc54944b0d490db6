"""``dataflow-health ledger``: what came in, what became of it, and whether it adds up."""

import click
from rich.console import Console
from rich.table import Table

from dataflow_health import wiring
from dataflow_health.cli.options import load_settings, report_errors
from dataflow_health.operations import recordings
from dataflow_health.schemas import LedgerBalance

_HEAD = ("in", "done", "quarantined", "written off", "in flight", "duplicate", "unaccounted")


@click.command()
@click.option("--day", help="One arrival day, as 2026-11-20; all together when not given.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@report_errors
def command(day: str | None, as_json: bool) -> None:
    """The account of every archive and recording at every stage.

    Exit code 0 when it balances, 1 when something is unaccounted for.
    """
    deps = wiring.dependencies(load_settings())
    found = recordings.ledger_balance(deps.engine, deps.clock(), day)
    if as_json:
        click.echo(found.model_dump_json())
    else:
        _show(found)
    raise SystemExit(0 if found.is_balanced else 1)


def _show(balance: LedgerBalance) -> None:
    table = Table(title="Ledger", title_justify="left")
    table.add_column("stage")
    for name in _HEAD:
        table.add_column(name, justify="right")
    for each in balance.stages:
        counts = (
            each.incoming,
            each.done,
            each.quarantined,
            each.written_off,
            each.in_flight,
            each.duplicate,
            each.unaccounted,
        )
        table.add_row(each.stage, *map(str, counts))
    console = Console()
    console.print(table)
    unit = "download and extract count archives, the other stages recordings"
    console.print(
        "It balances." if balance.is_balanced else "[bold red]It does NOT balance.", f"({unit})"
    )
