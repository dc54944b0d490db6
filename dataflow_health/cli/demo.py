"""``dataflow-health demo``: a small fleet through all eight stages, on this machine."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from rich.console import Console

from dataflow_health.cli import tables
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
    help="Folder that everything is kept in.",
)
@report_errors
def command(home: Path) -> None:
    """Makes a small fleet's landing zone and takes it through all eight stages.

    A second run does nothing new and says so. Exit code 0 when the pipeline ran, 1 when a run
    failed; faults that were put into the fleet on purpose show on the board and fail nothing.
    """
    chosen = load_settings(home, quiet=True)
    console = Console()
    _fleet(chosen, console)
    failed = _run(chosen, console)
    _board(chosen, console)
    raise SystemExit(1 if failed else 0)


def _fleet(chosen: Settings, console: Console) -> None:
    """Writes the fleet once; what lies in the landing folder afterwards is the user's."""
    from dataflow_health.simulator.fleet import write_fleet
    from dataflow_health.simulator.fleet_plan import demo_plan

    landing, truth = Path(chosen.source_url), chosen.home / "truth.json"
    if truth.exists():
        return
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date()
    with console.status("Writing a small fleet's archives..."):
        written = write_fleet(landing, demo_plan(yesterday))
    truth.write_text(written.to_json(), encoding="utf-8")
    console.print(f"Wrote {len(written.archives)} archives to {landing}.")


def _run(chosen: Settings, console: Console) -> list[str]:
    from dataflow_health import wiring
    from dataflow_health.orchestration.jobs import in_process

    days = in_process.due(wiring.dependencies(chosen), chosen)
    if not days:
        console.print("Nothing new: every archive that arrived has been through all eight stages.")
        return []
    return run_days(chosen, days, console)


def _board(chosen: Settings, console: Console) -> None:
    from dataflow_health import wiring
    from dataflow_health.monitoring import health_service

    deps = wiring.dependencies(chosen)
    report = health_service.from_ledger(deps.engine, deps.catalogue, deps.clock())
    stages = report.model_copy(
        update={"processes": tuple(p for p in report.processes if not p.external)}
    )
    tables.print_report(stages, console, title="The eight stages")
    console.print(
        f"\nWhat was put into the fleet on purpose: {chosen.home / 'truth.json'}\n"
        "The account:   uv run dataflow-health ledger\n"
        f"The UI:        uv run dataflow-health up --home {chosen.home}   then {chosen.public_url}"
    )
