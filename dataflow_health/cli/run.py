"""``dataflow-health run``: all eight stages on what has arrived, once, on this machine."""

import time
from pathlib import Path

import click
from rich.console import Console

from dataflow_health.cli import tables, terminal
from dataflow_health.cli.options import home_option, load_settings, report_errors
from dataflow_health.cli.pipeline_run import run_days
from dataflow_health.health.report import HealthReport
from dataflow_health.settings import Settings


@click.command()
@home_option
@report_errors
def command(home: Path | None) -> None:
    """Run all eight stages once on the archives in the landing folder.

    Waits first until an archive that was just copied counts as complete. Exit code 0: the pipeline
    ran; a bad recording shows in the health report and does not change the exit code. Exit code 1:
    a run failed.
    """
    chosen = load_settings(home, quiet=True)
    console = terminal.console()
    time.sleep(chosen.settle_s)
    failed = run_due(chosen, console)
    print_report(stage_report(chosen), console)
    raise SystemExit(1 if failed else 0)


def run_due(chosen: Settings, console: Console) -> list[str]:
    """Runs the arrival days with new archives or unfinished work; returns those whose run failed.

    Raises:
        SourceUnreachable: The landing folder cannot be listed.
        DatabaseError: The database does not answer.
    """
    from dataflow_health import wiring
    from dataflow_health.orchestration.jobs import in_process

    days = in_process.due(wiring.dependencies(chosen), chosen)
    if not days:
        console.print("Nothing new: all archives have already passed through all eight stages.")
        return []
    return run_days(chosen, days, console)


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
