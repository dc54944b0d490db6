"""``dataflow-health demo``: writes a small fleet and runs all eight stages on this machine."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from rich.console import Console

from dataflow_health.cli import tables, terminal
from dataflow_health.cli.options import load_settings, report_errors
from dataflow_health.cli.pipeline_run import run_days
from dataflow_health.settings import Settings

HOME = Path("home")


@click.command()
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    default=HOME,
    show_default=True,
    help="Folder for all data of the installation.",
)
@report_errors
def command(home: Path) -> None:
    """Write the archives of a small fleet and run all eight stages on them.

    A second run finds nothing to do. Exit code 0: the pipeline ran. Exit code 1: a run failed. The
    simulated faults in the archives show in the health report; they do not change the exit code.
    """
    chosen = load_settings(home, quiet=True)
    console = terminal.console()
    _write_fleet(chosen, console)
    failed = _run_pipeline(chosen, console)
    _print_report(chosen, console)
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


def _print_report(chosen: Settings, console: Console) -> None:
    from dataflow_health import wiring
    from dataflow_health.monitoring import health_service
    from dataflow_health.operations import owed

    deps = wiring.dependencies(chosen)
    owed.declare(deps.engine, deps.catalogue, deps.clock())
    report = health_service.from_ledger(deps.engine, deps.catalogue, deps.clock())
    stages = report.model_copy(
        update={"processes": tuple(p for p in report.processes if not p.external)}
    )
    tables.print_report(stages, console, title="The eight stages")
    console.print(
        f"\nSimulated events and faults: {chosen.home / 'truth.json'}\n"
        "Stage counts:  uv run dataflow-health ledger\n"
        f"Dagster UI:    uv run dataflow-health up --home {chosen.home}   then {chosen.public_url}"
    )
