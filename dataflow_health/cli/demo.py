"""``dataflow-health demo``: writes a small fleet and runs all eight stages on this machine."""

import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from rich.console import Console

from dataflow_health.cli import terminal
from dataflow_health.cli.options import home_option, json_option, load_settings, report_errors
from dataflow_health.cli.run import due_days, print_outcome, run_due
from dataflow_health.settings import Settings


@click.command()
@home_option
@json_option
@report_errors
def command(*, home: Path | None, as_json: bool) -> None:
    """Write the archives of a small fleet and run all eight stages on them.

    A second run finds nothing to do. Exit code 0: the pipeline ran. Exit code 1: a run failed. The
    simulated faults in the archives show in the health report; they do not change the exit code.
    """
    chosen = load_settings(home, quiet=True)
    console = terminal.console(stderr=as_json)
    _write_fleet(chosen, console)
    days = due_days(chosen)
    failed = run_due(chosen, days, console)
    print_outcome(chosen, days, failed, console, as_json=as_json)
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


def _print_next(program: str, options: str, console: Console) -> None:
    """Prints what to type next; long paths are not broken, so that they can be copied."""
    for name, words in (
        ("Next:", f"{program} explain{options}"),
        ("Browser:", f"{program} up{options}   then open the link that it prints"),
    ):
        console.print(f"{name:<8} {words}", soft_wrap=True, highlight=False)
