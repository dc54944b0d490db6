"""``dataflow-health runs``: the runs of the pipeline and of the other jobs."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.table import Table

from dataflow_health.cli import terminal
from dataflow_health.cli.options import (
    home_option,
    json_option,
    limit_option,
    load_settings,
    report_errors,
)
from dataflow_health.clock import utc_now
from dataflow_health.health.duration import format_duration

if TYPE_CHECKING:
    from dataflow_health.orchestration.run_list import RunEntry

STATUSES = (
    "queued", "not_started", "managed", "starting", "started", "suspended", "success", "failure",
    "canceling", "canceled",
)  # fmt: skip
"""Dagster's, without importing it for the help."""


@click.command()
@click.option("--status", type=click.Choice(STATUSES), help="Only in this status.")
@click.option(
    "--day", type=click.DateTime(["%Y-%m-%d"]), help="Only of an arrival day: 2026-11-20."
)
@limit_option
@home_option
@json_option
@report_errors
def command(
    *, status: str | None, day: datetime | None, limit: int, home: Path | None, as_json: bool
) -> None:
    """List the runs of the pipeline and of the other jobs, newest first.

    What a run did is in the Dagster UI. Exit code 1 when the newest of a listed job has failed.
    """
    from dataflow_health.orchestration import run_list

    chosen = load_settings(home, quiet=True)
    on = f"{day:%F}" if day else ""
    found = run_list.read(chosen.dagster_home, status=status or "", day=on, limit=limit)
    if as_json:
        click.echo(json.dumps([each._asdict() for each in found], default=_text))
    elif found:
        terminal.console().print(_table(found, utc_now()))
    else:
        click.echo("There are no such runs.")
    newest = {each.job: each.status for each in reversed(found)}
    raise SystemExit(int("failure" in newest.values()))


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _table(found: "Sequence[RunEntry]", now: datetime) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("run", "status", "started", "duration", "day", "job"):
        table.add_column(name, no_wrap=True)
    for each in found:
        took = each.duration(now)
        table.add_row(
            each.id[:8],
            each.status,
            f"{each.started_at or each.created_at:%Y-%m-%d %H:%M:%S}Z",
            format_duration(took) if took else "",
            each.day,
            "by hand" if each.job.startswith("__") else each.job,
        )
    return table
