"""``dataflow-health layout``: ground stations' own layout files, read into ours."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import click

from dataflow_health import settings
from dataflow_health.cli.options import report_errors
from dataflow_health.flight.layout import Layout
from dataflow_health.layout_import.imported_layout import ImportedLayouts
from dataflow_health.layout_import.layout_file import import_layout
from dataflow_health.layout_import.layout_yaml import to_yaml
from dataflow_health.layout_import.tails import read_tails

FILE = click.Path(path_type=Path, exists=True)
FOLDER = click.Path(path_type=Path, file_okay=False)


@click.group()
def command() -> None:
    """Import a ground station's own layout file."""


@command.command("import")
@click.argument("file", type=FILE)
@click.option("--name", help="Name of the layout; else that of the file.")
@click.option(
    "--into",
    type=FOLDER,
    help="Folder of your own YAML, which gets layouts/NAME.yaml; else DATAFLOW_HEALTH_CONFIG. "
    "Without either, the YAML is shown.",
)
@click.option("--force", is_flag=True, help="Replace a layout that is already there.")
@click.option("--json", "as_json", is_flag=True, help="Answer as one JSON object.")
@report_errors
def import_command(
    file: Path, *, name: str | None, into: Path | None, force: bool, as_json: bool
) -> None:
    """Reads FILE (AGS .vec, or .fra with .par; AIRFASE .PRM) and writes our YAML.

    Everything that is not supported, left out or ambiguous is printed as a warning.
    """
    imported = import_layout(file)
    layouts = _named(imported.layouts, name)
    folder = into or settings.load().config
    written = _write(layouts, folder, force=force) if folder else {}
    if as_json:
        click.echo(json.dumps(_summary(layouts, imported, written), indent=2))
    else:
        _tell(layouts, imported, written)


@command.command("tails")
@click.argument("file", type=FILE)
@report_errors
def tails_command(file: Path) -> None:
    """Reads aircraft.air and shows which tail flies which layout, as a recorder's YAML says it."""
    click.echo("layouts:")
    for tail, layout in read_tails(file).items():
        click.echo(f"  {json.dumps(tail)}: {json.dumps(file_stem(layout))}")


def file_stem(name: str) -> str:
    """A name that a file of ``layouts/`` may have."""
    return re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_") or "layout"


def _named(layouts: Mapping[str, Layout], name: str | None) -> dict[str, Layout]:
    if name is None:
        return {file_stem(given): layout for given, layout in layouts.items()}
    if len(layouts) != 1:
        raise click.UsageError(
            f"--name names one layout, here are {len(layouts)}: {', '.join(layouts)}"
        )
    if file_stem(name) != name:
        raise click.UsageError(f"--name {name} cannot be a file's name, {file_stem(name)} can")
    return {name: next(iter(layouts.values()))}


def _write(layouts: Mapping[str, Layout], folder: Path, *, force: bool) -> dict[str, Path]:
    """Writes all or, when one is already there, none."""
    files = {name: folder / "layouts" / f"{name}.yaml" for name in layouts}
    there = [str(path) for path in files.values() if path.exists()]
    if there and not force:
        raise click.UsageError(f"{', '.join(there)} is already there; --force replaces it")
    for name, path in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(to_yaml(layouts[name]), encoding="utf-8")
    return files


def _tell(
    layouts: Mapping[str, Layout], imported: ImportedLayouts, written: Mapping[str, Path]
) -> None:
    for name, layout in layouts.items():
        if name in written:
            click.echo(f"{written[name]}: {len(layout.parameters)} parameters")
        else:
            click.echo(to_yaml(layout), nl=False)
    for line in imported.warnings:
        click.echo(f"warning: {line}", err=True)


def _summary(
    layouts: Mapping[str, Layout], imported: ImportedLayouts, written: Mapping[str, Path]
) -> dict[str, object]:
    told = [
        {
            "name": name,
            "words_per_subframe": layout.words_per_subframe,
            "parameters": len(layout.parameters),
            "file": str(written[name]) if name in written else None,
        }
        for name, layout in layouts.items()
    ]
    return {"layouts": told, "warnings": imported.warnings}
