"""``dataflow-health lineage``: what is made from what."""

from pathlib import Path

import click

from dataflow_health.cli.backend import backend_options
from dataflow_health.cli.options import json_option, report_errors
from dataflow_health.cli.records import open_records
from dataflow_health.operations.lineage import Direction
from dataflow_health.schemas import LineageGraph


@click.command()
@click.argument("node")
@click.option("--to", "last", metavar="NODE", help="Show a shortest way between NODE and this one.")
@click.option(
    "--direction", type=click.Choice(["both", "upstream", "downstream"]), default="both",
    show_default=True, help="What NODE is made from, or what is made from it.",
)  # fmt: skip
@click.option("--depth", type=click.IntRange(1, 100), help="Largest distance. Default: any.")
@click.option("--recording", default="", help="Only what this recording went through: its id.")
@backend_options
@json_option
@report_errors
def command(
    *,
    node: str,
    last: str | None,
    direction: Direction,
    depth: int | None,
    recording: str,
    home: Path | None,
    url: str | None,
    as_json: bool,
) -> None:
    """Show what NODE is made from, and what is made from it.

    NODE is kind:name, such as column:rotor_speed_pct, algorithm:rotor_speed_low, recorder:wqar or,
    with --recording, archive:HB-ZAA_1.zip. Changes nothing.
    """
    records = open_records(home, url)
    if last is not None:
        way = records.lineage_path(node, last, recording=recording)
        text = " -> ".join(way.nodes) or f"no way leads between {node} and {last}"
        click.echo(way.model_dump_json() if as_json else text)
        return
    found = records.lineage(node, direction=direction, depth=depth, recording=recording)
    click.echo(found.model_dump_json() if as_json else graph_text(found))


def graph_text(found: LineageGraph) -> str:
    """One line per node: the farthest upstream first, with its distance."""
    return "\n".join(
        f"{each.distance:+3d}  {each.node}{'  (retired)' if each.is_retired else ''}"
        for each in found.nodes
    )
