"""``dataflow-health land``: bring archives into the landing folder."""

import json
from pathlib import Path

import click

from dataflow_health.cli.options import home_option, json_option, load_settings, report_errors
from dataflow_health.operations import landing
from dataflow_health.plain_text import shown


@click.command()
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path)
)
@home_option
@json_option
@report_errors
def command(*, files: tuple[Path, ...], home: Path | None, as_json: bool) -> None:
    """Copy zip archives into the landing folder, each whole or not at all.

    Compares an archive with its .sha256 file, if there is one beside it, and takes the place of no
    other archive. A running 'dataflow-health up' processes them within seconds; 'dataflow-health
    run' does it at once. Exit code 1 when a file is refused; the others are landed.
    """
    found = landing.land(load_settings(home, quiet=True).source_url, files)
    if as_json:
        click.echo(json.dumps([each._asdict() for each in found]))
    else:
        for each in found:
            click.echo(shown(f"{each.outcome}: {each.file}: {each.detail}"))
    raise SystemExit(int(any(each.outcome == "refused" for each in found)))
