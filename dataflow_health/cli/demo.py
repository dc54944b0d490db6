"""``dataflow-health demo``: writes a small fleet and runs all eight stages on this machine."""

import shlex
from datetime import UTC, datetime, timedelta
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
    """Write the archives of a small fleet and run all eight stages on them.

    A second run finds nothing to do. Exit code 0: the pipeline ran. Exit code 1: a run failed. The
    simulated faults in the archives show in the health report; they do not change the exit code.
    """
    chosen = load_settings(home, quiet=True)
    console = terminal.console()
    _write_fleet(chosen, console)
    failed = _run_pipeline(chosen, console)
    _print_report(_stage_report(chosen), console)
    options = f" --home {shlex.quote(str(home))}" if home else ""
    _print_next(chosen.program, options, console)
    raise SystemExit(1 if failed else 0)


def _write_fleet(chosen: Settings, console: Console) -> None:
    """Writes the archives, once: later runs leave the landing folder to the user."""
    from dataflow_health.simulator.fleet import write_fleet
    from dataflow_health.simulator.fleet_plan import demo_plan

    landing, truth = Path(chosen.source_url), chosen.home / "truth.json"
    if truth.exists():
        return
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date()
    with console.status("Writing the archives of a small fleet..."):
        written = write_fleet(landing, demo_plan(yesterday))
    truth.write_text(written.to_json(), encoding="utf-8")
    console.print(f"Wrote {len(written.archives)} archives to {landing}.")


def _run_pipeline(chosen: Settings, console: Console) -> list[str]:
    from dataflow_health import wiring
    from dataflow_health.orchestration.jobs import in_process

    days = in_process.due(wiring.dependencies(chosen), chosen)
    if not days:
        console.print("Nothing new: all archives have already passed through all eight stages.")
        return []
    return run_days(chosen, days, console)


def _stage_report(chosen: Settings) -> HealthReport:
    from dataflow_health import wiring
    from dataflow_health.monitoring import health_service
    from dataflow_health.operations import owed

    deps = wiring.dependencies(chosen)
    owed.declare(deps.engine, deps.catalogue, chosen.tsv_codec, deps.clock())
    report = health_service.from_ledger(deps.engine, deps.catalogue, deps.clock())
    stages = tuple(each for each in report.processes if not each.external)
    return report.model_copy(update={"processes": stages})


def _print_report(report: HealthReport, console: Console) -> None:
    """Prints the stages, then each problem in one line of the terminal."""
    console.print(tables.stage_table(report), "")
    for line in tables.problem_lines(report):
        console.print(line, no_wrap=True, overflow="ellipsis", highlight=False)


def _print_next(program: str, options: str, console: Console) -> None:
    """Prints what to type next; long paths are not broken, so that they can be copied."""
    for name, words in (
        ("Next:", f"{program} explain{options}"),
        ("Browser:", f"{program} up{options}   then open the link that it prints"),
    ):
        console.print(f"{name:<8} {words}", soft_wrap=True, highlight=False)
