"""``dataflow-health logs``: output of the programs of ``up``."""

import json
import re
import time
from collections.abc import Iterable
from pathlib import Path

import click

from dataflow_health.cli.options import home_option, json_option, load_settings, report_errors
from dataflow_health.errors import NotFound
from dataflow_health.operations import service_log
from dataflow_health.operations.service_control import SERVICES
from dataflow_health.plain_text import shown

POLL_S = 0.5
SPARK = "spark"
"""Spark's Java and its tasks write a file of their own."""
NAMES = (*SERVICES, SPARK)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
"""Dagster's daemon colours its lines, wherever it writes them."""


@click.group()
def command() -> None:
    """Show the output of the programs of 'dataflow-health up'."""


@command.command("tail")
@click.argument("service", required=False, type=click.Choice(NAMES))
@click.option("--lines", "-n", type=click.IntRange(0), default=20, show_default=True,
              help="Number of the last lines of each.")  # fmt: skip
@click.option("--follow", "-f", is_flag=True, help="Go on with new lines until interrupted.")
@home_option
@json_option
@report_errors
def tail_command(
    *, service: str | None, lines: int, follow: bool, home: Path | None, as_json: bool
) -> None:
    """Print the last lines of a SERVICE, or of each, with its name before them.

    SERVICE is code-server, ui, daemon, api, or spark for the tasks of stages. The output of a run's
    steps is in the Dagster UI. With --json, one object a line.
    """
    folder = load_settings(home, quiet=True).home
    names = NAMES if service is None else (service,)
    paths = {name: log_path(folder, name) for name in names}
    followers = {name: service_log.FileFollower(path) for name, path in paths.items()}
    if not follow and not any(path.exists() for path in paths.values()):
        raise NotFound(
            f"no log of {' or '.join(names)} at {folder}: dataflow-health up writes them"
        )
    for name, path in paths.items():
        _print(name, service_log.last_lines(path, lines), service is None, as_json=as_json)
    while follow:
        for name, follower in followers.items():
            _print(name, follower.new_lines(), service is None, as_json=as_json)
        time.sleep(POLL_S)


def log_path(home: Path, name: str) -> Path:
    """Log file of a service in a home."""
    return home / "spark.log" if name == SPARK else home / service_log.FOLDER / f"{name}.log"


def _print(name: str, lines: Iterable[str], is_named: bool, *, as_json: bool) -> None:
    prefix = f"{name:<11} | " if is_named else ""
    for line in (COLOUR.sub("", each) for each in lines):
        click.echo(json.dumps({"service": name, "line": line}) if as_json else prefix + shown(line))
