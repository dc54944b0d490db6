"""``dataflow-health rerun``: what failed, once more, and only that."""

import json
from collections.abc import Sequence

import click
from rich.console import Console
from rich.table import Table

from dataflow_health import wiring
from dataflow_health.cli.options import load_settings, report_errors
from dataflow_health.cli.pipeline_run import operator, work
from dataflow_health.clock import utc_now
from dataflow_health.operations import rerun
from dataflow_health.operations.rerun import RerunFilter, RerunPlan
from dataflow_health.settings import Settings
from dataflow_health.storage.ledger.stage_records import StageRecord


@click.command()
@click.option("--failed", is_flag=True, help="What is refused, waiting or left over. Required.")
@click.option("--stage", help="Keep to one stage, as parse.")
@click.option("--day", help="Keep to one arrival day, as 2026-11-20.")
@click.option("--tail", help="Keep to one aircraft, archives by their name.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--reason", default="", help="Why, for the audit.")
@click.option("--who", help="Who asks, for the audit; the login when not given.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@report_errors
def command(
    *,
    failed: bool,
    stage: str | None,
    day: str | None,
    tail: str | None,
    dry_run: bool,
    reason: str,
    who: str | None,
    as_json: bool,
) -> None:
    """Runs again what is not done, and nothing else.

    What a stage refused, what waits, and what a run left behind goes back before its stage; then
    its arrival days are run. Exit code 0 when all of it is done then, 1 when something is not.
    """
    if not failed:
        raise click.UsageError("say --failed; to redo what is done, materialise it in the UI")
    chosen = load_settings(quiet=True)
    engine = wiring.dependencies(chosen).engine
    planned = rerun.plan(engine, RerunFilter(stage, day, tail))
    if dry_run or not planned.days:
        _tell(planned, (), [], as_json=as_json, dry_run=dry_run)
        return
    rerun.begin(engine, planned, operator(who), reason=reason, at=utc_now())
    broken = _run(chosen, planned, as_json=as_json)
    left = rerun.unfinished(engine, planned)
    _tell(planned, left, broken, as_json=as_json, dry_run=False)
    raise SystemExit(1 if left or broken else 0)


def _run(chosen: Settings, planned: RerunPlan, *, as_json: bool) -> list[str]:
    """Runs the days; the bars go to standard error, so that JSON stays alone on the other."""
    return work(chosen, planned.days, Console(stderr=True, quiet=as_json))


def _tell(
    planned: RerunPlan,
    left: Sequence[StageRecord],
    broken: Sequence[str],
    *,
    as_json: bool,
    dry_run: bool,
) -> None:
    if as_json:
        click.echo(json.dumps(_summary(planned, left, broken, dry_run=dry_run)))
        return
    console = Console()
    if planned.archives_without_tail:
        console.print(
            f"{planned.archives_without_tail} unfinished archives are left out: their names hold "
            "no tail number, so their aircraft is known only after extraction."
        )
    if not planned.days:
        console.print("Nothing to re-run: everything that came in is done or written off.")
        return
    title = "Would run again" if dry_run else "Ran again"
    console.print(_table(planned.items, title))
    days = ", ".join(planned.days)
    if dry_run:
        console.print(f"{len(planned.items)} things on {days}. Nothing was changed.")
        return
    console.print(f"{len(planned.items) - len(left)} of {len(planned.items)} done, on {days}.")
    if left:
        console.print(_table(left, "Still not done"))
        console.print("Why:  dataflow-health quarantine list")
    for day in broken:
        console.print(f"[bold red]The run of {day} failed[/]; dataflow-health status says why.")


def _table(things: Sequence[StageRecord], title: str) -> Table:
    table = Table(title=title, title_justify="left")
    for name in ("arrival day", "stage", "was", "reason"):
        table.add_column(name)
    table.add_column("things", justify="right")
    for key, count in rerun.group_counts(things).items():
        table.add_row(*key, str(count))
    return table


def _summary(
    planned: RerunPlan, left: Sequence[StageRecord], broken: Sequence[str], *, dry_run: bool
) -> dict[str, object]:
    return {
        "dry_run": dry_run,
        "days": planned.days,
        "planned": _counted(planned.items),
        "archives_without_tail": planned.archives_without_tail,
        "left": _counted(left),
        "failed_days": list(broken),
    }


def _counted(things: Sequence[StageRecord]) -> list[dict[str, object]]:
    return [
        {"arrival_day": day, "stage": stage, "state": state, "reason": reason, "count": count}
        for (day, stage, state, reason), count in rerun.group_counts(things).items()
    ]
