"""``dataflow-health audit``: list the actions of operators."""

import json
from collections.abc import Sequence

import click
from rich.table import Table

from dataflow_health import wiring
from dataflow_health.cli import terminal
from dataflow_health.cli.options import json_option, limit_option, load_settings, report_errors
from dataflow_health.storage.records import audit_log

COLUMNS = ("at", "operator", "origin", "action", "subject", "reason")


@click.command()
@click.option("--action", type=click.Choice(audit_log.ACTIONS), help="Only this action.")
@click.option("--operator", help="Only this person or API key.")
@limit_option
@json_option
@report_errors
def command(*, action: str | None, operator: str | None, limit: int, as_json: bool) -> None:
    """List the actions of operators, newest first."""
    engine = wiring.dependencies(load_settings(quiet=True)).engine
    entries = audit_log.read(engine, limit=limit, action=action, operator=operator)
    if as_json:
        rows = [{**entry._asdict(), "at": entry.at.isoformat()} for entry in entries]
        click.echo(json.dumps(rows))
    elif entries:
        terminal.console().print(_table(entries))
    else:
        click.echo("The audit log has no matching entries.")


def _table(entries: Sequence[audit_log.AuditEntry]) -> Table:
    table = Table(title="Audit log", title_justify="left")
    for name in COLUMNS:
        table.add_column(name, overflow="fold")
    for entry in entries:
        cells = (getattr(entry, name) for name in COLUMNS[1:])
        table.add_row(f"{entry.at:%Y-%m-%d %H:%M:%S}Z", *cells)
    return table
