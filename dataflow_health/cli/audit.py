"""``dataflow-health audit``: list the actions of operators, and verify the log."""

import json
from collections.abc import Sequence
from pathlib import Path

import click
from rich.table import Table

from dataflow_health.cli import terminal
from dataflow_health.cli.backend import backend_options, open_ledger
from dataflow_health.cli.options import json_option, limit_option, report_errors
from dataflow_health.cli.records import open_records
from dataflow_health.schemas import AuditEntryResponse
from dataflow_health.storage.records import audit_chain, audit_log
from dataflow_health.storage.records.audit_chain import ChainReport

COLUMNS = ("at", "operator", "origin", "action", "subject", "reason")


@click.group(invoke_without_command=True)
@click.option("--action", type=click.Choice(audit_log.ACTIONS), help="Only this action.")
@click.option("--operator", help="Only this person or API key.")
@limit_option
@backend_options
@json_option
@click.pass_context
@report_errors
def command(
    ctx: click.Context,
    *,
    action: str | None,
    operator: str | None,
    limit: int,
    home: Path | None,
    url: str | None,
    as_json: bool,
) -> None:
    """List the actions of operators, newest first, or verify the log."""
    if ctx.invoked_subcommand:
        return
    records = open_records(home, url)
    entries = records.audit(action=action or "", operator=operator or "", limit=limit)
    if as_json:
        click.echo(json.dumps([entry.model_dump(mode="json") for entry in entries]))
    elif entries:
        terminal.console().print(_table(entries))
    else:
        click.echo("The audit log has no matching entries.")


@command.command("verify")
@click.option("--head", default="", help="A head printed earlier, which must still be in the log.")
@json_option
@report_errors
def verify(*, head: str, as_json: bool) -> None:
    """Check that no entry of the audit log was changed, removed or inserted.

    Keep the printed head where the database's users cannot change it, and give it next time: then
    a log that was cut off or written anew is found too. Exit code 1 if the log is not intact.
    """
    report = audit_chain.verify(open_ledger()[1].engine, head)
    if as_json:
        click.echo(json.dumps({**report._asdict(), "is_intact": report.is_intact}))
    else:
        click.echo(_describe(report))
    raise SystemExit(0 if report.is_intact else 1)


def _describe(report: ChainReport) -> str:
    if report.broken_at is not None:
        return (
            f"The audit log was changed: entry {report.broken_at} does not follow from the one "
            "before it. One of the two was changed, or entries between them removed or inserted."
        )
    if not report.knows_head:
        return "The audit log was cut off or written anew: it lacks the given head."
    return f"The audit log is intact: {report.entries:,} entries, head {report.head}"


def _table(entries: Sequence[AuditEntryResponse]) -> Table:
    table = Table(title="Audit log", title_justify="left")
    for name in COLUMNS:
        table.add_column(name, overflow="fold")
    for entry in entries:
        cells = (getattr(entry, name) for name in COLUMNS[1:])
        table.add_row(f"{entry.at:%Y-%m-%d %H:%M:%S}Z", *cells)
    return table
