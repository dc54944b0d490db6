"""``dataflow-health run``: all eight stages on what has arrived, once, on this machine."""

import json
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console

from dataflow_health.cli import tables, terminal
from dataflow_health.cli.options import home_option, json_option, load_settings, report_errors
from dataflow_health.cli.pipeline_run import run_days
from dataflow_health.cli.tail_option import tail_option
from dataflow_health.health.report import HealthReport
from dataflow_health.settings import Settings
from dataflow_health.storage.ledger.stage_order import STAGES


@click.command()
@click.argument("stage", required=False, type=click.Choice(STAGES))
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Only an arrival day: 2026-11-20.")
@tail_option("Only this aircraft; then download takes no new archives.")
@home_option
@json_option
@report_errors
def command(
    *,
    stage: str | None,
    day: datetime | None,
    tail: str | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """Run all eight stages, or one STAGE, once on the archives in the landing folder.

    Runs the arrival days with new archives or unfinished work, or the given day. Finished work is
    skipped, and what is in quarantine stays there: see 'rerun'. Waits first until an archive that
    was just copied counts as complete. Exit code 0: the pipeline ran; a bad recording shows in the
    health report and does not change the exit code. Exit code 1: a run failed.
    """
    chosen = load_settings(home, quiet=True)
    console = terminal.console(stderr=as_json)
    time.sleep(chosen.settle_s)
    days = due_days(chosen) if day is None else [f"{day:%F}"]
    failed = run_due(chosen, days, console, stage=stage or "", tail=tail or "")
    print_outcome(chosen, days, failed, console, as_json=as_json)
    raise SystemExit(1 if failed else 0)


def due_days(chosen: Settings) -> list[str]:
    """Arrival days with new archives or unfinished work.

    Raises:
        SourceUnreachable: The landing folder cannot be listed.
        DatabaseError: The database does not answer.
    """
    from dataflow_health import wiring
    from dataflow_health.operations import due_days

    return due_days.find(wiring.dependencies(chosen), chosen)


def run_due(
    chosen: Settings, days: Sequence[str], console: Console, *, stage: str = "", tail: str = ""
) -> list[str]:
    """Runs arrival days, or says that there are none; returns those whose run failed."""
    if not days:
        console.print("Nothing new: all archives have already passed through all eight stages.")
        return []
    return run_days(chosen, days, console, stage=stage, tail=tail)


def print_outcome(
    chosen: Settings,
    days: Sequence[str],
    failed: Sequence[str],
    console: Console,
    *,
    as_json: bool,
) -> None:
    """Prints the health of the stages after a run: as tables, or with the days as JSON."""
    report = stage_report(chosen)
    if as_json:
        shown = {"days": days, "failed_days": failed, "report": report.model_dump(mode="json")}
        click.echo(json.dumps(shown))
    else:
        print_report(report, console)


def stage_report(chosen: Settings) -> HealthReport:
    """Health of the stages by the ledger alone; declares what the catalogue asks for.

    Raises:
        DatabaseError: The database does not answer.
    """
    from dataflow_health import wiring
    from dataflow_health.monitoring import health_service
    from dataflow_health.operations import owed

    deps = wiring.dependencies(chosen)
    owed.declare(deps.engine, deps.catalogue, chosen.tsv_codec, deps.clock())
    report = health_service.from_ledger(deps.engine, deps.catalogue, deps.clock())
    stages = tuple(each for each in report.processes if not each.external)
    return report.model_copy(update={"processes": stages})


def print_report(report: HealthReport, console: Console) -> None:
    """Prints the stages, then each problem in one line of the terminal."""
    console.print(tables.stage_table(report), "")
    for line in tables.problem_lines(report):
        console.print(line, no_wrap=True, overflow="ellipsis", highlight=False)
