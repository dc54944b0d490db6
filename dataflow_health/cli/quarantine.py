"""``dataflow-health quarantine``: what stages refused, with evidence, replay and write-off."""

import json
from collections.abc import Sequence
from datetime import datetime

import click
from rich.console import Console
from rich.table import Table

from dataflow_health import wiring
from dataflow_health.cli.options import load_settings, report_errors
from dataflow_health.cli.pipeline_run import operator, work
from dataflow_health.health.duration import format_duration
from dataflow_health.operations import quarantine
from dataflow_health.operations.quarantine import describe_item
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.ledger import quarantine as storage
from dataflow_health.storage.ledger.stage_records import StageRecord
from dataflow_health.storage.ledger.states import REFUSED, State

IDS = click.argument("ids", nargs=-1, required=True, metavar="ID...")
REASON = click.option("--reason", required=True, help="Why; the audit keeps it.")
WHO = click.option("--who", help="Who does it, for the audit; the login when not given.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object.")


@click.group()
def command() -> None:
    """What stages refused: look at it, replay it, or write it off."""


@command.command("list")
@click.option("--stage", help="Keep to one stage.")
@click.option("--day", help="Keep to one arrival day, as 2026-11-20.")
@click.option("--tail", help="Keep to one aircraft.")
@click.option("--written-off", is_flag=True, help="What was written off, instead.")
@AS_JSON
@report_errors
def list_command(
    *, stage: str | None, day: str | None, tail: str | None, written_off: bool, as_json: bool
) -> None:
    """Everything in quarantine, oldest first. Exit code 1 when there is something."""
    deps = wiring.dependencies(load_settings(quiet=True))
    states: tuple[State, ...] = ("written_off",) if written_off else REFUSED
    found = storage.find(deps.engine, states=states, stage=stage, day=day, tail=tail)
    now = deps.clock()
    if as_json:
        click.echo(json.dumps([describe_item(row, now).model_dump(mode="json") for row in found]))
    elif found:
        Console().print(_table(found, now))
    else:
        click.echo("Nothing was written off." if written_off else "Nothing is in quarantine.")
    raise SystemExit(1 if found and not written_off else 0)


@command.command("show")
@click.argument("id_", metavar="ID")
@AS_JSON
@report_errors
def show_command(id_: str, *, as_json: bool) -> None:
    """Why one thing was refused, with the original bytes around the place."""
    deps = wiring.dependencies(load_settings(quiet=True))
    row = storage.get(deps.engine, id_)
    evidence = quarantine.read_original(deps, row)
    told = describe_item(row, deps.clock()).model_dump(mode="json")
    if as_json:
        found = {"path": evidence.path, "start": evidence.start, "hex": evidence.content.hex()}
        click.echo(json.dumps({**told, "evidence": found}))
        return
    console = Console(highlight=False)
    for name, value in told.items():
        if value not in ("", None):
            console.print(f"[bold]{name:<13}[/] {value}", soft_wrap=True)
    console.print(f"\n{evidence.path} ({evidence.size_bytes} bytes)", soft_wrap=True)
    for line in quarantine.hex_dump(evidence.start, evidence.content, row.byte_offset):
        console.print(line, markup=False)
    if evidence.note:
        console.print(evidence.note, markup=False)


@command.command("replay")
@IDS
@REASON
@click.option("--layout", help="Read the frames by this layout from now on.")
@click.option("--run/--no-run", default=True, help="Run the days now, or leave it to the daemon.")
@WHO
@AS_JSON
@report_errors
def replay_command(
    ids: tuple[str, ...],
    *,
    reason: str,
    layout: str | None,
    run: bool,
    who: str | None,
    as_json: bool,
) -> None:
    """Puts things back before the stage that refused them, and runs their days.

    For after a fix: newer code, another layout, a sidecar put right. What was written off may be
    replayed too. Exit code 0 when all of it is done then, 1 when something was refused again.
    """
    chosen = load_settings(quiet=True)
    deps = wiring.dependencies(chosen)
    things = quarantine.find_items(deps, ids)
    count = quarantine.replay(deps, things, operator(who), reason=reason, layout=layout)
    days = sorted({row.arrival_day for row in things})
    if run:
        work(chosen, days, Console(stderr=True, quiet=as_json))
    again = _still_refused(deps, things)
    done = {"replayed": count, "days": days, "refused_again": [row.id for row in again]}
    click.echo(json.dumps(done) if as_json else f"{count} replayed; {len(again)} refused again.")
    raise SystemExit(1 if again else 0)


@command.command("write-off")
@IDS
@REASON
@WHO
@AS_JSON
@report_errors
def write_off_command(ids: tuple[str, ...], *, reason: str, who: str | None, as_json: bool) -> None:
    """Gives things up. Their bytes stay, and so does who gave them up, and why."""
    deps = wiring.dependencies(load_settings(quiet=True))
    things = quarantine.find_items(deps, ids, states=REFUSED)
    count = quarantine.write_off(deps, things, operator(who), reason=reason)
    click.echo(json.dumps({"written_off": count}) if as_json else f"{count} written off.")


def _still_refused(deps: Dependencies, things: Sequence[StageRecord]) -> list[StageRecord]:
    meant = {(row.id, row.stage) for row in things}
    now = storage.find(deps.engine, states=REFUSED)
    return [row for row in now if (row.id, row.stage) in meant]


def _table(found: Sequence[StageRecord], now: datetime) -> Table:
    table = Table(title="Quarantine", title_justify="left")
    for name in ("id", "age", "stage", "aircraft", "archive", "why"):
        table.add_column(name, overflow="fold")
    for row in found:
        table.add_row(
            row.id[:12],
            format_duration(quarantine.age(row, now)),
            row.stage,
            row.tail,
            row.archive,
            f"{row.reason}: {row.detail}",
        )
    return table
