"""``dataflow-health rerun``: run unfinished work again."""

import json
from collections.abc import Sequence
from typing import Unpack

import click
from rich.table import Table

from dataflow_health.cli import owed_rerun, terminal
from dataflow_health.cli.backend import backend_options, open_client, open_ledger
from dataflow_health.cli.options import as_typed, json_option, operator_option, report_errors
from dataflow_health.cli.pipeline_run import current_operator, run_days
from dataflow_health.cli.records import Where, refuse_with_url
from dataflow_health.cli.tail_option import tail_option
from dataflow_health.clock import utc_now
from dataflow_health.operations import rerun
from dataflow_health.operations.rerun import RerunFilter, RerunPlan
from dataflow_health.schemas import RerunResponse
from dataflow_health.storage.ledger.stage_records import StageRecord


@click.command()
@click.option("--failed", is_flag=True, help="Run quarantined and unfinished items.")
@click.option("--owed", "is_owed", is_flag=True, help="Run algorithms that owe answers.")
@click.option("--stage", help="Only this stage, such as parse.")
@click.option("--day", help="Only this arrival day, such as 2026-11-20.")
@tail_option("Only this aircraft; archives whose name contains it.")
@click.option("--dry-run", is_flag=True, help="Show the plan without changing anything.")
@click.option("--reason", default="", help="Reason for the audit log.")
@operator_option
@backend_options
@json_option
@report_errors
def command(
    *,
    failed: bool,
    is_owed: bool,
    stage: str | None,
    day: str | None,
    tail: str | None,
    dry_run: bool,
    reason: str,
    as_json: bool,
    **where: Unpack[Where],
) -> None:
    """Run unfinished work again, and nothing else.

    Queues quarantined items, waiting items and items abandoned by a run for their stages again,
    then runs their arrival days. Exit code 0 when all of them are done, 1 when some are not.

    With --owed, runs the algorithms that owe answers for analysed recordings and loads the answers,
    and processes recordings again whose parser, recorder, layout or mapping changed: in one run for
    all arrival days, newest first. With --url, the daemon there runs what --failed queues.
    """
    if failed == is_owed:
        raise click.UsageError(
            "add --failed or --owed; to redo finished work, materialize it in the Dagster UI"
        )
    if is_owed and (stage or day or tail):
        raise click.UsageError(
            "--owed runs everything that is owed: leave out --stage, --day, --tail"
        )
    home, url, operator_name = where["home"], where["url"], where["operator_name"]
    if url:
        refuse_with_url(url, "--operator", operator_name, "the audit log names the API key")
        refuse_with_url(url, "--owed", is_owed, "the daemon there pays what is owed by itself")
        chosen = {"stage": stage or "", "day": day or "", "tail": tail or ""}
        queued = open_client(home, url).rerun(**chosen, dry_run=dry_run, reason=reason)
        click.echo(queued.model_dump_json() if as_json else _describe_queued(queued))
        return
    settings, deps = open_ledger(home)
    if is_owed:
        operator = current_operator(operator_name)
        raise SystemExit(
            owed_rerun.run(settings, operator, reason=reason, dry_run=dry_run, as_json=as_json)
        )
    engine = deps.engine
    plan = rerun.plan(engine, RerunFilter(stage, day, tail), deps.catalogue.processes, deps.clock())
    if dry_run or not plan.days:
        _print(plan, (), [], as_json=as_json, dry_run=dry_run)
        return
    rerun.begin(engine, plan, current_operator(operator_name), reason=reason, at=utc_now())
    # Progress goes to standard error, so that standard output holds only the JSON.
    failed_days = run_days(settings, plan.days, terminal.console(stderr=True, quiet=as_json))
    unfinished = rerun.unfinished(engine, plan)
    _print(plan, unfinished, failed_days, as_json=as_json, dry_run=False)
    raise SystemExit(1 if unfinished or failed_days else 0)


def _describe_queued(queued: RerunResponse) -> str:
    if not queued.days:
        return "Nothing to rerun: everything is done or written off."
    items = f"{queued.items} items on {', '.join(queued.days)}"
    if queued.dry_run:
        return f"{items}. Nothing was changed."
    return f"{items} are queued; the daemon runs them."


def _print(
    plan: RerunPlan,
    unfinished: Sequence[StageRecord],
    failed_days: Sequence[str],
    *,
    as_json: bool,
    dry_run: bool,
) -> None:
    if as_json:
        click.echo(json.dumps(_summary(plan, unfinished, failed_days, dry_run=dry_run)))
        return
    console = terminal.console()
    if plan.archives_without_tail:
        console.print(
            f"{plan.archives_without_tail} unfinished archives are left out: their names hold "
            "no tail number, so their aircraft is known only after extraction."
        )
    if not plan.days:
        console.print("Nothing to rerun: everything is done or written off.")
        return
    console.print(_table(plan.items, "Would run again" if dry_run else "Ran again"))
    days = ", ".join(plan.days)
    if dry_run:
        console.print(f"{len(plan.items)} items on {days}. Nothing was changed.")
        return
    done = len(plan.items) - len(unfinished)
    console.print(f"{done} of {len(plan.items)} done, on {days}.")
    if unfinished:
        console.print(_table(unfinished, "Still unfinished"))
        console.print(as_typed("To see the reasons: dataflow-health quarantine list"))
    for day in failed_days:
        reason = as_typed("to see the reason: dataflow-health status")
        console.print(f"The run of {day} failed; {reason}")


def _table(items: Sequence[StageRecord], title: str) -> Table:
    table = Table(title=title, title_justify="left")
    for name in ("arrival day", "stage", "state", "reason"):
        table.add_column(name)
    table.add_column("items", justify="right")
    for key, count in rerun.group_counts(items).items():
        table.add_row(*key, str(count))
    return table


def _summary(
    plan: RerunPlan,
    unfinished: Sequence[StageRecord],
    failed_days: Sequence[str],
    *,
    dry_run: bool,
) -> dict[str, object]:
    return {
        "dry_run": dry_run,
        "days": plan.days,
        "planned": _grouped(plan.items),
        "archives_without_tail": plan.archives_without_tail,
        "unfinished": _grouped(unfinished),
        "failed_days": list(failed_days),
    }


def _grouped(items: Sequence[StageRecord]) -> list[dict[str, object]]:
    return [
        {"arrival_day": day, "stage": stage, "state": state, "reason": reason, "count": count}
        for (day, stage, state, reason), count in rerun.group_counts(items).items()
    ]
