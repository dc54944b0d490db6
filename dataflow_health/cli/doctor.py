"""``dataflow-health doctor``: what this machine has, what it lacks, and the fix."""

import json
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from dataflow_health.cli.options import load_settings, report_errors
from dataflow_health.clock import utc_now
from dataflow_health.operations import environment_check
from dataflow_health.operations.environment_check import EnvironmentCheck
from dataflow_health.orchestration.instance_state import HomeInstanceState

_LOOK = {"good": ("✓", "green"), "lacking": ("-", "yellow"), "bad": ("×", "bold red")}  # noqa: RUF001


@click.command()
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder that everything is kept in; DATAFLOW_HEALTH_HOME when not given.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@report_errors
def command(*, home: Path | None, as_json: bool) -> None:
    """Looks at Python, config, disk, source, database, Java, Spark, daemon and pictures.

    Each that is not good comes with its fix. Exit code 0 when nothing is bad, 1 when something is.
    """
    chosen = load_settings(home, quiet=True)
    dagster = HomeInstanceState(chosen.dagster_home)
    dagster.wait()
    console = Console()
    found = []
    for each in environment_check.check_environment(chosen, dagster, utc_now()):
        found.append(each)
        if not as_json:
            console.print(_line(each), soft_wrap=True)
    if as_json:
        click.echo(json.dumps({"findings": [each.model_dump() for each in found]}))
    raise SystemExit(int(any(each.outcome == "bad" for each in found)))


def _line(each: EnvironmentCheck) -> Text:
    symbol, style = _LOOK[each.outcome]
    line = Text(f"{symbol} {each.name:<9} ", style)
    line.append(each.detail, "default")
    if each.fix:
        line.append(f"\n            fix: {each.fix}", "cyan")
    return line
