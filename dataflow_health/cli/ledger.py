"""``dataflow-health ledger``: what came in, what became of it, and whether it adds up."""

import json
from dataclasses import asdict

import click
from rich.console import Console
from rich.table import Table

from dataflow_health import wiring
from dataflow_health.cli.options import load_settings, report_errors
from dataflow_health.storage.ledger import ledger
from dataflow_health.storage.ledger.conservation import Account, total

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
    accounts = ledger.accounts(deps.engine, day)
    shown = list(total(accounts).values()) if day is None else accounts
    balanced = all(each.balances for each in accounts)
    if as_json:
        rows = [asdict(each) | {"unaccounted": each.unaccounted} for each in shown]
        click.echo(json.dumps({"is_balanced": balanced, "stages": rows}))
    else:
        _show(shown, balanced)
    raise SystemExit(0 if balanced else 1)


def _show(accounts: list[Account], balanced: bool) -> None:
    table = Table(title="Ledger", title_justify="left")
    table.add_column("stage")
    for name in _HEAD:
        table.add_column(name, justify="right")
    for each in accounts:
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
    console.print("It balances." if balanced else "[bold red]It does NOT balance.", f"({unit})")
