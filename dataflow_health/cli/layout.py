"""``dataflow-health layout``: import a ground station's layout file, and map its parameters."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import click

from dataflow_health import settings
from dataflow_health.cli.coverage_table import coverage_of, print_coverage
from dataflow_health.cli.layout_map import map_command
from dataflow_health.cli.layout_try import try_command
from dataflow_health.cli.options import into_option, json_option, report_errors
from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config.catalogue import load
from dataflow_health.errors import ConfigError
from dataflow_health.flight.layout import Layout
from dataflow_health.layout_import.imported_layout import ImportedLayouts
from dataflow_health.layout_import.layout_file import import_layout
from dataflow_health.layout_import.layout_yaml import to_yaml
from dataflow_health.layout_import.tails import read_tails

file_argument = click.argument("file", type=click.Path(path_type=Path, exists=True))


@click.group()
def command() -> None:
    """Import a ground station's layout file, try it on a recording, and map its parameters."""


command.add_command(map_command)
command.add_command(try_command)


@command.command("import")
@file_argument
@click.option(
    "--name",
    help="Name of the layout. Default: the name in the file, a number without leading zeros.",
)
@into_option(
    "layouts/NAME.yaml to. Default: DATAFLOW_HEALTH_CONFIG; without either, prints the YAML."
)
@click.option("--force", is_flag=True, help="Replace an existing layout.")
@json_option
@report_errors
def import_command(
    file: Path, *, name: str | None, into: Path | None, force: bool, as_json: bool
) -> None:
    """Convert FILE (AGS .vec, or .fra with .par; AIRFASE .PRM; FRED .xml) to a layout in YAML.

    Prints a warning for everything that is not supported, left out or ambiguous, and for a layout
    that was written, which algorithms apply to it.
    """
    imported = import_layout(file)
    layouts = _rename(imported.layouts, name)
    folder = into or settings.load().config
    written = _write(layouts, folder, force=force) if folder else {}
    if as_json:
        click.echo(json.dumps(_summary(layouts, imported, written), indent=2))
    else:
        _print(layouts, imported, written)
        _print_coverage({name: layouts[name] for name in written})


@command.command("tails")
@file_argument
@json_option
@report_errors
def tails_command(file: Path, *, as_json: bool) -> None:
    """Print the layout of every tail number in aircraft.air, as YAML for a recorder."""
    layouts = {tail: layout_name(layout) for tail, layout in read_tails(file).items()}
    if as_json:
        click.echo(json.dumps({"layouts": layouts}))
        return
    click.echo("layouts:")
    for tail, layout in layouts.items():
        click.echo(f"  {json.dumps(tail)}: {json.dumps(layout)}")


def file_stem(name: str) -> str:
    """Name converted to a valid name of a YAML file."""
    return re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_") or "layout"


def layout_name(given: str) -> str:
    """Name of a layout by that in a ground station's file.

    A number has no leading zeros: 010888 in a layout's file is 10888 in a recording's name.
    """
    stem = file_stem(given)
    return stem.lstrip("0") or "0" if stem.isdigit() else stem


def _rename(layouts: Mapping[str, Layout], name: str | None) -> dict[str, Layout]:
    if name is None:
        return {layout_name(given): layout for given, layout in layouts.items()}
    if len(layouts) != 1:
        found = ", ".join(layouts)
        message = f"--name needs a file with one layout; this one has {len(layouts)}: {found}"
        raise click.UsageError(message)
    if file_stem(name) != name:
        raise click.UsageError(f"--name {name} is not a valid name; {file_stem(name)} is")
    return {name: next(iter(layouts.values()))}


def _write(layouts: Mapping[str, Layout], folder: Path, *, force: bool) -> dict[str, Path]:
    """Writes all layouts; none when one exists and ``force`` is not set."""
    files = {name: folder / "layouts" / f"{name}.yaml" for name in layouts}
    existing = [str(path) for path in files.values() if path.exists()]
    if existing and not force:
        raise click.UsageError(f"{', '.join(existing)} already exists; --force replaces it")
    for name, path in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(to_yaml(layouts[name]), encoding="utf-8")
    return files


def _print(
    layouts: Mapping[str, Layout], imported: ImportedLayouts, written: Mapping[str, Path]
) -> None:
    for name, layout in layouts.items():
        if name in written:
            click.echo(f"{written[name]}: {len(layout.parameters)} parameters")
        else:
            click.echo(to_yaml(layout), nl=False)
    for line in imported.warnings:
        click.echo(f"warning: {line}", err=True)


def _print_coverage(layouts: Mapping[str, Layout]) -> None:
    try:
        catalogue = load(BUILTIN_FOLDER, *settings.load().config_folders)
    except ConfigError as error:
        message = f"algorithms that apply are not shown: {len(error.issues)} mistakes in the YAML"
        click.echo(f"{message}; dataflow-health validate lists them", err=True)
        return
    for name, layout in layouts.items():
        print_coverage(coverage_of(catalogue, name, layout), name)


def _summary(
    layouts: Mapping[str, Layout], imported: ImportedLayouts, written: Mapping[str, Path]
) -> dict[str, object]:
    summaries = [
        {
            "name": name,
            "words_per_subframe": None if layout.is_arinc767 else layout.words_per_subframe,
            "parameters": len(layout.parameters),
            "file": str(written[name]) if name in written else None,
        }
        for name, layout in layouts.items()
    ]
    return {"layouts": summaries, "warnings": imported.warnings}
