"""``dataflow-health diagram``: draw the pipeline with its health, now or in the past."""

import json
from datetime import datetime
from pathlib import Path

import click

from dataflow_health.cli.backend import backend_options, open_backend
from dataflow_health.cli.datetime_option import DATETIME
from dataflow_health.cli.options import json_option, report_errors
from dataflow_health.diagram.report_diff import format_diff


@click.command()
@backend_options
@click.option("--at", type=DATETIME, help="Time in the past, such as 2026-11-20T03:00Z.")
@click.option(
    "--diff", type=DATETIME, nargs=2, help="List the status differences between two times instead."
)
@click.option("--expand", is_flag=True, help="Draw every check and every algorithm separately.")
@click.option(
    "--svg",
    "svg_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write an SVG to this file instead.",
)
@json_option
@report_errors
def command(
    *,
    home: Path | None,
    url: str | None,
    at: datetime | None,
    diff: tuple[datetime, datetime] | None,
    expand: bool,
    svg_file: Path | None,
    as_json: bool,
) -> None:
    """Print the pipeline as Mermaid text, with the status of every process and check."""
    if diff and (at or svg_file):
        raise click.UsageError("--diff cannot be combined with --at or --svg")
    backend = open_backend(home, url)
    if diff:
        found = backend.status_diff(*diff)
        text = format_diff(found.before_at, found.after_at, found.changes)
        click.echo(found.model_dump_json() if as_json else text)
    elif svg_file:
        svg_file.write_text(backend.diagram_svg(at, expand=expand), encoding="utf-8")
        click.echo(json.dumps({"file": str(svg_file)}) if as_json else f"Wrote {svg_file}")
    else:
        drawn = backend.diagram(at, expand=expand)
        click.echo(json.dumps({"mermaid": drawn}) if as_json else drawn, nl=as_json)
