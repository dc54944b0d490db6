"""``dataflow-health ledger``: input and output counts of every stage."""

import json
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from dataflow_health import wiring
from dataflow_health.cli import terminal
from dataflow_health.cli.backend import backend_options
from dataflow_health.cli.options import json_option, load_settings, operator_option, report_errors
from dataflow_health.cli.pipeline_run import current_operator
from dataflow_health.cli.records import open_records
from dataflow_health.operations import ledger_rebuild
from dataflow_health.operations.ledger_rebuild import RestoredAccount
from dataflow_health.schemas import LedgerBalance
from dataflow_health.storage.sql import database, downgrade, server_limits

COLUMNS = ("in", "done", "quarantined", "written off", "in flight", "duplicate", "unaccounted")


@click.group(invoke_without_command=True)
@click.option("--day", help="Arrival day, such as 2026-11-20. Default: all days together.")
@backend_options
@json_option
@click.pass_context
@report_errors
def command(
    ctx: click.Context, *, day: str | None, home: Path | None, url: str | None, as_json: bool
) -> None:
    """Show input and output counts of every stage, and whether they balance.

    Exit code 0 when they balance, 1 when an archive or recording is unaccounted for.
    """
    if ctx.invoked_subcommand:
        return
    balance = open_records(home, url).ledger_balance(day or "")
    if as_json:
        click.echo(balance.model_dump_json())
    else:
        _print(balance)
    raise SystemExit(0 if balance.is_balanced else 1)


@command.command("rebuild")
@operator_option
@json_option
@report_errors
def rebuild(*, operator_name: str | None, as_json: bool) -> None:
    """Restore the account of archives from the lake, after the ledger was lost.

    Each archive that the lake keeps and the ledger does not know is put before extract again, by
    the note that stands beside it; the sensors or 'dataflow-health rerun' then process it. Lost
    for ever is what only the ledger had: write-offs, the audit log and incidents. Exit code 1 when
    an archive could not be restored.
    """
    deps = wiring.dependencies(load_settings(quiet=True))
    operator = current_operator(operator_name)
    found = ledger_rebuild.rebuild(deps.engine, deps.lake, operator, deps.clock())
    if as_json:
        restored = [each.id for each in found.restored]
        click.echo(json.dumps({"restored": restored, "problems": dict(found.problems)}))
    else:
        _print_restored(found)
    raise SystemExit(int(bool(found.problems)))


@command.command("schema")
@click.option("--downgrade-to", metavar="REVISION", help="Go back to this revision of the schema.")
@click.option("--yes", is_flag=True, help="Do it; without, show what would be lost.")
@json_option
@report_errors
def schema(*, downgrade_to: str | None, yes: bool, as_json: bool) -> None:
    """Show the revision of the database's schema, or go back to an older one.

    Any command brings an older schema up to date. Going back is for installing an older version of
    the program again, which refuses a newer schema: stop the services first, and install the older
    version afterwards. Everything that one migration changes is in one transaction.
    """
    chosen = load_settings(quiet=True)
    engine = database.connect(
        chosen.database_url.get_secret_value(), server_limits.from_settings(chosen)
    )
    undone = downgrade.undone(engine, downgrade_to) if downgrade_to else []
    if downgrade_to and yes:
        downgrade.run(engine, downgrade_to)
    with database.reading(engine) as connection:
        found = database.revision(connection) or ""
    newest = database.known_revisions()[-1]
    if as_json:
        steps = [each._asdict() for each in undone]
        click.echo(json.dumps({"schema": found, "newest": newest, "undone": steps}))
        return
    for each in undone:
        click.echo(f"{each.revision}: {each.added} Its downgrade loses: {each.loses}")
    click.echo(f"The schema has revision {found or 'none'}; this version's is {newest}.")
    if undone and not yes:
        click.echo("Nothing was changed. Stop the services, and run this again with --yes.")


def _print_restored(found: RestoredAccount) -> None:
    console = terminal.console()
    for path, reason in found.problems:
        console.print(Text(f"not restored: {path}: {reason}"))
    console.print(f"{len(found.restored)} archives restored from the lake.")
    if found.restored:
        console.print("The sensors of 'dataflow-health up' process them, or: dataflow-health rerun")


def _print(balance: LedgerBalance) -> None:
    table = Table(title="Ledger", title_justify="left", box=None, padding=(0, 1, 0, 0))
    table.add_column("stage")
    for name in COLUMNS:
        table.add_column(name, justify="right", no_wrap=True)
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
    console.print(result, soft_wrap=True)
    console.print(f"({units})", soft_wrap=True)
