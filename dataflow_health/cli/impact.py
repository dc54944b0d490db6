"""``dataflow-health impact``: what a change would redo."""

from pathlib import Path

import click

from dataflow_health.cli.backend import backend_options
from dataflow_health.cli.options import json_option, report_errors
from dataflow_health.cli.records import open_records
from dataflow_health.operations.impact import KINDS, ChangeKind
from dataflow_health.schemas import ChangeImpact

MAX_DAYS = 10
"""Arrival days shown; ``--json`` holds all of them."""


@click.command()
@click.argument("name")
@click.option("--kind", type=click.Choice(KINDS), help="Needed when several kinds have the name.")
@backend_options
@json_option
@report_errors
def command(
    *, name: str, kind: ChangeKind | None, home: Path | None, url: str | None, as_json: bool
) -> None:
    """Show what a change of NAME would redo: recordings, arrival days and hours.

    NAME is an algorithm, layout, recorder, parser (a recorder's kind, such as csv) or mapping. The
    hours are those that the same stages took the last time. Changes nothing.
    """
    found = open_records(home, url).impact(name, kind)
    click.echo(found.model_dump_json() if as_json else impact_text(found))


def impact_text(found: ChangeImpact) -> str:
    """The sum in two or three lines, then the newest arrival days."""
    lines = [
        f"A change of {found.kind} {found.name} runs {', '.join(found.stages)} again",
        *([f"for all {found.archives} archives, and"] if found.archives else []),
        f"for {found.recordings} recordings on {len(found.days)} arrival days: "
        f"at most {_duration(found.hours)}.",
    ]
    lines += [
        f"  {day.arrival_day}: {day.recordings} recordings, {_duration(day.hours)}"
        for day in found.days[:MAX_DAYS]
    ]
    more = len(found.days) - MAX_DAYS
    return "\n".join([*lines, *([f"  and {more} more; --json has all"] if more > 0 else [])])


def _duration(hours: float) -> str:
    return f"{hours:.1f} h" if hours >= 1 else f"{hours * 60:.1f} min"
