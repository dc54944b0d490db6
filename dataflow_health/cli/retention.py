"""``dataflow-health retention``: removes files that ``retention.yaml`` keeps no longer."""

import json
from collections.abc import Sequence

import click
from rich.table import Table

from dataflow_health import wiring
from dataflow_health.cli import terminal
from dataflow_health.cli.options import json_option, load_settings, operator_option, report_errors
from dataflow_health.cli.pipeline_run import current_operator
from dataflow_health.operations import retention
from dataflow_health.operations.retention import TierOutcome


@click.command()
@click.option("--dry-run", is_flag=True, help="Show what would be removed, and remove nothing.")
@operator_option
@json_option
@report_errors
def command(*, dry_run: bool, operator_name: str | None, as_json: bool) -> None:
    """Remove files of the lake that are older than retention.yaml keeps them.

    Only files of recordings whose results are in SQL, or that are written off, are removed; the
    archives stay unless retention.yaml says otherwise. The ledger and the results stay, and what
    was removed is made again from the archive when it is needed: dataflow-health rebuild. The
    asset retention does the same every night.
    """
    deps = wiring.dependencies(load_settings(quiet=True))
    policy, now = deps.catalogue.retention_policy, deps.clock()
    if dry_run:
        outcomes = retention.plan(deps.engine, policy, now)
    else:
        operator = current_operator(operator_name)
        outcomes = retention.apply(deps.engine, deps.lake, policy, operator, now)
    if as_json:
        click.echo(json.dumps([_document(each) for each in outcomes]))
    else:
        _print(outcomes, dry_run=dry_run)


def _document(outcome: TierOutcome) -> dict[str, object]:
    keep = "for_ever" if outcome.age is None else outcome.age.total_seconds()
    return outcome._asdict() | {"age": keep}


def _print(outcomes: Sequence[TierOutcome], *, dry_run: bool) -> None:
    table = Table(title="Retention", title_justify="left")
    table.add_column("stage")
    for name in ("kept for", "would be removed" if dry_run else "removed", "MB"):
        table.add_column(name, justify="right")
    table.add_column("arrival days")
    for each in outcomes:
        kept = "ever" if each.age is None else f"{each.age.total_seconds() / 86400:g} days"
        days = f"{each.days[0]} to {each.days[-1]}" if each.days else ""
        table.add_row(each.stage, kept, str(each.files), f"{each.size_bytes / 1e6:.1f}", days)
    console = terminal.console()
    console.print(table)
    if dry_run and any(each.files for each in outcomes):
        console.print("To remove them: dataflow-health retention")
