"""``dataflow-health doctor``: check this machine for everything a run needs."""

import json
from pathlib import Path

import click
from rich.text import Text

from dataflow_health.cli import terminal
from dataflow_health.cli.options import (
    as_typed,
    home_option,
    json_option,
    load_settings,
    report_errors,
)
from dataflow_health.clock import utc_now
from dataflow_health.operations import environment_check
from dataflow_health.operations.environment_check import EnvironmentCheck
from dataflow_health.orchestration.instance_state import HomeInstanceState

_SYMBOLS = {
    "ok": ("✓", "green"),
    "missing": ("-", "yellow"),
    "failed": ("×", "bold red"),  # noqa: RUF001
}


@click.command()
@home_option
@json_option
@report_errors
def command(*, home: Path | None, as_json: bool) -> None:
    """Check Python, config, disk, source, database, Java, Spark, daemon and diagram rendering.

    Shows the fix for every problem. Exit code 0 when everything required works, 1 when something
    does not.
    """
    settings = load_settings(home, quiet=True)
    dagster = HomeInstanceState(settings.dagster_home)
    dagster.wait()
    console = terminal.console()
    checks = []
    for check in environment_check.check_environment(settings, dagster, utc_now()):
        checks.append(check)
        if not as_json:
            console.print(_line(check), soft_wrap=True)
    if as_json:
        click.echo(json.dumps({"checks": [check.model_dump() for check in checks]}))
    raise SystemExit(int(any(check.outcome == "failed" for check in checks)))


def _line(check: EnvironmentCheck) -> Text:
    symbol, style = _SYMBOLS[check.outcome]
    line = Text(f"{symbol} {check.name:<9} ", style)
    line.append(check.detail, "default")
    if check.fix:
        line.append(f"\n            fix: {as_typed(check.fix)}", "cyan")
    return line
