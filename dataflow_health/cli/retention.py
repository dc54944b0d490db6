"""``dataflow-health retention``: removes what ``retention.yaml`` keeps no longer."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click
from rich.table import Table

from dataflow_health import wiring
from dataflow_health.cli import terminal
from dataflow_health.cli.options import json_option, load_settings, operator_option, report_errors
from dataflow_health.cli.pipeline_run import current_operator
from dataflow_health.operations import retention
from dataflow_health.operations.retention import TierOutcome
from dataflow_health.settings import Settings
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.ledger import arrival_days

if TYPE_CHECKING:
    from dataflow_health.orchestration.instance_retention import Excess

_LISTS = ("days", "runs", "emptied_runs", "snapshots")
"""Fields of what goes of Dagster's storage whose number is shown."""


@click.command()
@click.option("--dry-run", is_flag=True, help="Show what would be removed, and remove nothing.")
@operator_option
@json_option
@report_errors
def command(*, dry_run: bool, operator_name: str | None, as_json: bool) -> None:
    """Remove files of the lake, and Dagster's days and runs, older than retention.yaml keeps them.

    Only files of recordings whose results are in SQL, or that are written off, are removed; the
    archives stay unless retention.yaml says otherwise. The ledger and the results stay, and what
    was removed is made again from the archive when it is needed: dataflow-health rebuild. Dagster
    keeps the newest state of every asset, day and check. The asset retention does the same every
    night.
    """
    chosen = load_settings(quiet=True)
    deps = wiring.dependencies(chosen)
    policy, now = deps.catalogue.retention_policy, deps.clock()
    if dry_run:
        outcomes = retention.plan(deps.engine, policy, now)
    else:
        operator = current_operator(operator_name)
        outcomes = retention.apply(deps.engine, deps.lake, policy, operator, now)
    of_dagster = _dagster(chosen, deps, dry_run=dry_run)
    if as_json:
        stages = [_document(each) for each in outcomes]
        click.echo(json.dumps([*stages, *([_document_dagster(of_dagster)] if of_dagster else [])]))
        return
    _print(outcomes, dry_run=dry_run)
    if of_dagster:
        _print_dagster(of_dagster, dry_run=dry_run)
    if dry_run and (of_dagster or any(each.files for each in outcomes)):
        terminal.console().print("To remove them: dataflow-health retention")


def _dagster(chosen: Settings, deps: Dependencies, *, dry_run: bool) -> "Excess | None":
    """What goes of Dagster's own storage; None where there is none."""
    if not (chosen.dagster_home / "dagster.yaml").exists():
        return None
    from dataflow_health.orchestration import instance_retention

    open_days = arrival_days.needing_attention(deps.engine)
    policy, now = deps.catalogue.retention_policy, deps.clock()
    return instance_retention.run_at_home(
        chosen.dagster_home, policy, open_days, now, dry_run=dry_run
    )


def _document(outcome: TierOutcome) -> dict[str, object]:
    keep = "for_ever" if outcome.age is None else outcome.age.total_seconds()
    return outcome._asdict() | {"age": keep}


def _document_dagster(excess: "Excess") -> dict[str, object]:
    numbers = {name: len(given) for name, given in excess._asdict().items() if name in _LISTS}
    return {"stage": "dagster", **numbers, "events": excess.events, "size_bytes": excess.size_bytes}


def _heading(*, dry_run: bool) -> str:
    return "would be removed" if dry_run else "removed"


def _print(outcomes: Sequence[TierOutcome], *, dry_run: bool) -> None:
    table = Table(title="Retention: files of the lake", title_justify="left")
    table.add_column("stage")
    for name in ("kept for", _heading(dry_run=dry_run), "MB"):
        table.add_column(name, justify="right")
    table.add_column("arrival days")
    for each in outcomes:
        kept = "ever" if each.age is None else f"{each.age.total_seconds() / 86400:g} days"
        days = f"{each.days[0]} to {each.days[-1]}" if each.days else ""
        table.add_row(each.stage, kept, str(each.files), f"{each.size_bytes / 1e6:.1f}", days)
    terminal.console().print(table)


def _print_dagster(excess: "Excess", *, dry_run: bool) -> None:
    table = Table(title="Retention: Dagster's own storage", title_justify="left")
    for name in ("of", _heading(dry_run=dry_run)):
        table.add_column(name)
    days = f" {excess.days[0]} to {excess.days[-1]}" if excess.days else ""
    size = f", files of {excess.size_bytes / 1e6:.1f} MB" if excess.size_bytes else ""
    table.add_row("arrival days", f"{len(excess.days)}{days}")
    table.add_row("runs", f"{len(excess.runs)}{size}")
    table.add_row("runs but for the newest state", str(len(excess.emptied_runs)))
    table.add_row("events and check results", str(excess.events))
    terminal.console().print(table)
