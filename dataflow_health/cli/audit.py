"""``dataflow-health audit``: who did what, when, and why."""

import json

import click
from rich.console import Console
from rich.table import Table

from dataflow_health import wiring
from dataflow_health.cli.options import load_settings, report_errors
from dataflow_health.storage.records import audit_log

COLUMNS = ("at", "operator", "origin", "action", "subject", "reason")


@click.command()
@click.option("--action", type=click.Choice(audit_log.ACTIONS), help="Keep to one action.")
@click.option("--who", help="Keep to one person.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="A JSON list.")
@report_errors
def command(*, action: str | None, who: str | None, limit: int, as_json: bool) -> None:
    """Every action of an operator, newest first."""
    engine = wiring.dependencies(load_settings(quiet=True)).engine
    found = audit_log.read(engine, limit=limit, action=action, operator=who)
    if as_json:
        click.echo(json.dumps([{**row._asdict(), "at": row.at.isoformat()} for row in found]))
        return
    if not found:
        click.echo("No operator did anything yet.")
        return
    table = Table(title="Audit", title_justify="left")
    for name in COLUMNS:
        table.add_column(name, overflow="fold")
    for row in found:
        table.add_row(f"{row.at:%Y-%m-%d %H:%M:%S}Z", *(getattr(row, name) for name in COLUMNS[1:]))
    Console().print(table)
