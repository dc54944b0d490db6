"""``dataflow-health diagram``: the report drawn, now, then, or what changed between."""

from datetime import datetime
from pathlib import Path

import click

from dataflow_health.cli.backend import Backend, backend_options, open_backend
from dataflow_health.cli.datetime_option import DATETIME
from dataflow_health.cli.options import report_errors
from dataflow_health.diagram.report_diff import format_diff


@click.command()
@backend_options
@click.option("--at", type=DATETIME, help="As it was then, as 2026-11-20T03:00Z.")
@click.option("--diff", type=DATETIME, nargs=2, help="What differs between two instants, as text.")
@click.option("--expand", is_flag=True, help="Show every check and every algorithm on its own.")
@click.option(
    "--svg",
    "svg_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw it into this file instead.",
)
@report_errors
def command(
    *,
    home: Path | None,
    url: str | None,
    at: datetime | None,
    diff: tuple[datetime, datetime] | None,
    expand: bool,
    svg_file: Path | None,
) -> None:
    """The graph as Mermaid text: red only where the cause is, with symbol and word."""
    if diff and (at or svg_file):
        raise click.UsageError(
            "--diff is text of two instants: it goes with neither --at nor --svg"
        )
    asked = open_backend(home, url)
    if diff:
        click.echo(_diff(asked, *diff))
    elif svg_file:
        svg_file.write_text(asked.diagram_svg(at, expand=expand), encoding="utf-8")
        click.echo(f"drawn into {svg_file}")
    else:
        click.echo(asked.diagram(at, expand=expand), nl=False)


def _diff(backend: Backend, before: datetime, after: datetime) -> str:
    found = backend.status_diff(before, after)
    return format_diff(found.before_at, found.after_at, found.changes)
